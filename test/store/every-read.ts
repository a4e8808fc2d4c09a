/**
 * Every way in which a store is read, with sample arguments: a new method does not compile until it
 * is listed here.
 */

import { keySorts } from '../../src/domain/keys/key-sorts.ts'
import { tableNames } from '../../src/domain/tables.ts'
import type { KeySearch, ReportReader, StoreReader, TaggedKeys } from '../../src/ports/store.ts'
import { dueKinds } from '../../src/ports/store.ts'
import { busyKey, keyId, now, principal, projectId } from './filled.ts'
import { searchOf } from './search-of.ts'

type Reads<R> = { readonly [M in keyof R]: readonly (() => Promise<unknown>)[] }

const page = 50

/**
 * Reads of the request threads. The comparison of schemas runs the schema steps elsewhere, and
 * reads no rows.
 */
export function requestReads(
  reader: StoreReader,
): Reads<Omit<StoreReader, 'close' | 'schemaFaults'>> {
  const ids = Array.from({ length: page }, (_, i) => keyId(i * 7 + 1))
  return {
    row: tableNames.map((table) => () => reader.row(table, keyId(7))),
    rows: tableNames.map((table) => () => reader.rows(table, ids)),
    key: [() => reader.key(busyKey), () => reader.key('none')],
    grants: [() => reader.grants(busyKey)],
    partsOfKey: [() => reader.partsOfKey(busyKey)],
    keyOfAlias: [() => reader.keyOfAlias(projectId, 'alias-7')],
    keyOfAssociation: [() => reader.keyOfAssociation(Buffer.from('a7'))],
    userNamed: [() => reader.userNamed('project-7', 'user-7')],
    usersNamed: [() => reader.usersNamed('user-7', 2)],
    projectNamed: [() => reader.projectNamed('project-7')],
    importTokens: [() => reader.importTokens(keyId(40))],
    tagsOfKeys: [() => reader.tagsOfKeys([busyKey, keyId(2)])],
    due: dueKinds.flatMap((what) =>
      [null, { at: now - 1_000_000, id: keyId(7) }, { at: now - 1_000_000, id: null }].map(
        (after) => () => reader.due(what, now, after, 200),
      ),
    ),
    rowsWhere: [
      () => reader.rowsWhere('projects', 'domainId', 'domain-7', 1),
      () => reader.rowsWhere('users', 'projectId', 'project-7', 1000),
      () => reader.rowsWhere('accessKeys', 'userId', 'user-7', 1000),
      () => reader.rowsWhere('sessions', 'userId', 'user-7', 1000),
      () => reader.rowsWhere('keyTags', 'keyId', busyKey, 100),
      () => reader.rowsWhere('keyAliases', 'keyId', busyKey, 100),
    ],
    rowsBelow: [
      () => reader.rowsBelow('sessions', 'expiresAt', now, 200),
      () => reader.rowsBelow('callCounts', 'keptUntil', now, 500),
      () => reader.rowsBelow('signInFailures', 'lastAt', now, 500),
      () => reader.rowsBelow('provenPlaces', 'lastAt', now, 500),
    ],
    leafGroups: [
      () => reader.leafGroups('log-1', 500, 600),
      () => reader.leafGroups('log-1', 5_000_000, 5_000_100),
    ],
    auditRecords: [() => reader.auditRecords()],
    aliases: [null, busyKey].flatMap((key) =>
      [null, 'pointer-5'].map(
        (after) => () => reader.aliases({ projectId, keyId: key, after, limit: page }),
      ),
    ),
    scan: tableNames.flatMap((table) =>
      [null, '00000000'].map((after) => () => reader.scan(table, after, page)),
    ),
  }
}

/** Reads of the reports thread only. */
export function reportReads(reader: ReportReader): Reads<Omit<ReportReader, keyof StoreReader>> {
  const states = [null, 'pending-import', 'enabled', 'disabled', 'pending-deletion'] as const
  const common = { name: 'tag-0', values: [] }
  const also = { name: 'tag-1', values: ['common', 'other'] }
  const rare = { name: 'many-50001', values: [] }
  const tagged = (fields: Partial<TaggedKeys>) => () =>
    reader.keysByTags({ projectId, filters: [], alias: null, offset: 0, limit: page, ...fields })
  const search = (fields: Partial<KeySearch>) => () =>
    reader.searchKeys({ ...searchOf(projectId, now, page), ...fields })
  const filters: readonly Partial<KeySearch>[] = [
    { text: 'alias-77' },
    { tags: [common, also] },
    { tags: [rare], text: 'a' },
    { states: ['pending-import', 'enabled'] },
    { specs: ['AES_256'], usages: ['ENCRYPT_DECRYPT'], origins: ['external'] },
  ]
  return {
    listKeys: states.flatMap((state) =>
      [null, 'AES_256', 'SM4'].flatMap((spec) =>
        [null, 5000].map(
          (before) => () => reader.listKeys({ projectId, spec, state, now, before, limit: 2000 }),
        ),
      ),
    ),
    countKeys: [() => reader.countKeys(projectId)],
    logAfter: [() => reader.logAfter(null), () => reader.logAfter('log-1')],
    segmentsBefore: [() => reader.segmentsBefore('log-1', 1_000_000, 64)],
    callCounts: [() => reader.callCounts('project-7', 300_000, 0)],
    searchKeys: [
      ...keySorts.map((sort) => search({ sort })),
      search({ descending: true, offset: 90_000 }),
      ...filters.map(search),
    ],
    projectTags: [() => reader.projectTags(projectId, 10_000)],
    keysByTags: [
      tagged({}),
      tagged({ filters: [common] }),
      tagged({ filters: [common], limit: 0 }),
      tagged({ filters: [common, also], offset: 5000 }),
      tagged({
        filters: [0, 1, 2, 3, 4].map((n) => ({
          name: `tag-${n}`,
          values: ['common', 'value-1', 'value-2'],
        })),
      }),
      tagged({ filters: [rare, common] }),
      tagged({ filters: [common], alias: 'alias-9' }),
      tagged({ alias: 'nothing has it' }),
    ],
    retirableGrants: [null, { createdAt: 100, id: 'keyGrants-300' }].map(
      (after) => () => reader.retirableGrants({ retiring: principal, after, limit: page }),
    ),
    unfinishedImports: [null, keyId(40)].map(
      (key) => () =>
        reader.unfinishedImports({ projectId, keyId: key, now, offset: 0, limit: page }),
    ),
    keyCounts: [() => reader.keyCounts(projectId, now)],
    keysWithDates: [() => reader.keysWithDates(projectId, now, 300)],
    keysForFindings: [
      () =>
        reader.keysForFindings(projectId, {
          until: now,
          drilledBefore: now,
          unusedSince: now,
          now,
          limit: 5000,
        }),
    ],
    busiestKeys: [() => reader.busiestKeys(projectId, 10)],
    oldAccessKeys: [() => reader.oldAccessKeys('project-7', now, 100)],
    leastFailures: [() => reader.leastFailures(5000, 500)],
    statistics: [() => reader.statistics(now)],
  }
}
