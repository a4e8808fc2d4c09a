/**
 * The simplest search for keys: all keys of a project, in order of creation. Tests override the
 * fields they need.
 */
import type { KeySearch } from '../../src/ports/store.ts'

export function searchOf(projectId: string, now: number, limit: number): KeySearch {
  return {
    projectId,
    text: null,
    tags: [],
    states: null,
    specs: null,
    usages: null,
    origins: null,
    sort: 'created',
    descending: false,
    offset: 0,
    limit,
    now,
  }
}
