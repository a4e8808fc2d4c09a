/**
 * The plainest search of keys: all of a project, in the order in which they were made. Tests lay
 * over it what they look for.
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
