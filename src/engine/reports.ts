/** What people look at across keys and records: searches, the use of a key, an overview. Authorized and recorded like any call. */
import { verifyRow } from '../crypto/row-mac.ts'
import { updateRow } from '../crypto/row-writes.ts'
import { type CareItem, careDays, inOrder, needsDrill } from '../domain/care.ts'
import { KmsError } from '../domain/errors.ts'
import type { KeyState } from '../domain/key-state.ts'
import { dayMs, neverUsed, type RecentUse, type UseSince, useSince } from '../domain/key-use.ts'
import type { KeyAliasRow, KeyRow, KeyTagRow, KeyUseRow } from '../domain/rows.ts'
import * as rules from '../domain/rules.ts'
import type { Tag, TagFilter } from '../domain/tags.ts'
import type { AuditPage, AuditQuery, CallCount, Overview } from '../ports/reports.ts'
import type { KeySort } from '../ports/store.ts'
import { aliasesOf } from './aliases.ts'
import type { KeyCommand, ProjectCommand, Task } from './command.ts'
import { listUnfinishedImports } from './import-drafts.ts'
import { checkAliasFree, type KeyView, view } from './lifecycle.ts'
import { isSoundTagged, tagsInOrder, tagsOf } from './tags.ts'

export type { AuditPage }

const monthMs = 30 * dayMs

/** How a key was used: what the log says of it, a second or so behind. */
export type KeyUse = {
  readonly lastUsedAt: number | null
  readonly lastOperation: string | null
  readonly lastPrincipal: string | null
  readonly lastDay: UseSince
  readonly lastMonth: UseSince
}

export type KeyCard = KeyView & { readonly use: KeyUse; readonly tags: readonly Tag[]; readonly needsDrill: boolean }

/** A key with what points at it. */
export type KeyDetails = KeyCard & {
  readonly aliases: readonly Pick<KeyAliasRow, 'name' | 'createdAt'>[]
  /** How many. */
  readonly grants: number
}

export const describeKeyCard: KeyCommand<{ readonly keyId: string }, KeyDetails> = {
  name: 'describe-key-card',
  right: 'read',
  keyId: ({ keyId }) => keyId,
  async run(task, key) {
    const [use, tags, aliases] = await Promise.all([task.reports.keyUse(key.row.id), tagsOf(task, key), aliasesOf(task, key)])
    const byName = aliases.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return { result: { ...card(task, key.row, use, tags), aliases: byName, grants: key.grants.length } }
  },
}

export type SearchKeysInput = {
  readonly text: string | null
  readonly tags: readonly TagFilter[]
  readonly states: readonly KeyState[] | null
  readonly specs: readonly string[] | null
  readonly usages: readonly string[] | null
  readonly origins: readonly string[] | null
  readonly sort: KeySort
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

export const searchKeys: ProjectCommand<SearchKeysInput, { readonly keys: readonly KeyCard[]; readonly total: number }> = {
  name: 'search-keys',
  right: 'read',
  async run(task, input) {
    const { project } = task.call.caller
    const found = await task.reports.searchKeys({ ...input, projectId: project.row.id, now: task.now })
    const uses = new Map(found.uses.map((use) => [use.id, use]))
    const tags = Map.groupBy(found.tags, ({ keyId }) => keyId)
    const sound = found.keys.filter((row) => isSoundTagged(project.keys.rowMac, row, tags.get(row.id)))
    const keys = sound.map((row) => card(task, row, uses.get(row.id), tags.get(row.id) ?? []))
    const result = { keys, total: found.total }
    return sound.length === found.keys.length ? { result } : { result, detail: 'corrupt records left out' }
  },
}

/** The key of the project that holds a private key, found by the SHA-256 of its public key. */
export const findKeyByFingerprint: ProjectCommand<{ readonly fingerprint: Uint8Array }, KeyView> = {
  name: 'find-key-by-fingerprint',
  right: 'read',
  async run(task, { fingerprint }) {
    const id = await task.reader.keyOfAssociation(fingerprint)
    const row = id === undefined ? undefined : await task.reader.row('keys', id)
    if (row === undefined || row.projectId !== task.call.caller.project.row.id || row.deletedAt !== null)
      throw new KmsError('key-not-found', 'no key of this project holds that private key')
    verifyRow(task.call.caller.project.keys.rowMac, 'keys', row)
    return { result: view(task, row), keyId: row.id }
  },
}

export type EditKeyInput = {
  readonly keyId: string
  /** Revision that the caller has seen: another one means that somebody else was faster. */
  readonly revision: number
  readonly alias: string | null
  readonly description: string | null
  readonly backupPlace: string | null
}

/** Changes names and notes of a key, each that is not null, unless the key has changed since it was looked at. */
export const editKey: KeyCommand<EditKeyInput, KeyView> = {
  name: 'edit-key',
  right: 'manage',
  keyId: ({ keyId }) => keyId,
  async run(task, { row, project }, { revision, alias, description, backupPlace }) {
    if (row.revision !== revision)
      throw new KmsError('changed-meanwhile', `key ${row.id} was changed by somebody else meanwhile; nothing of this was applied`)
    rules.checkNotPendingDeletion(row)
    if (alias !== null) rules.checkAlias(alias)
    if (description !== null) rules.checkDescription(description)
    if (backupPlace !== null) rules.checkBackupPlace(backupPlace)
    if (alias !== null && alias !== row.alias) await checkAliasFree(task, row.projectId, alias)
    const write = updateRow(project.keys.rowMac, 'keys', row, {
      ...(alias !== null && { alias }),
      ...(description !== null && { description }),
      ...(backupPlace !== null && { backupPlace: backupPlace === '' ? null : backupPlace }),
    })
    return { result: view(task, write.row as KeyRow), writes: [write] }
  },
}

export const searchAudit: ProjectCommand<Omit<AuditQuery, 'projectId'>, AuditPage> = {
  name: 'search-audit',
  right: 'audit',
  async run(task, query) {
    return { result: await task.reports.searchAudit({ ...query, projectId: task.call.caller.project.row.id }) }
  },
}

/** The records of one key, for those who may see the key. */
export const keyActivity: KeyCommand<Omit<AuditQuery, 'projectId'> & { readonly keyId: string }, AuditPage> = {
  name: 'key-activity',
  right: 'audit',
  keyId: ({ keyId }) => keyId,
  async run(task, { row }, query) {
    return { result: await task.reports.searchAudit({ ...query, projectId: row.projectId }) }
  },
}

/** How far back, and in which steps: one of `callWidths`. */
export type CallsInput = { readonly widthMs: number; readonly spanMs: number }
export type CallsResult = {
  readonly widthMs: number
  readonly from: number
  readonly to: number
  readonly counts: readonly CallCount[]
}

export const countCalls: ProjectCommand<CallsInput, CallsResult> = {
  name: 'count-calls',
  right: 'read',
  async run(task, { widthMs, spanMs }) {
    const from = Math.floor((task.now - spanMs) / widthMs) * widthMs
    const counts = await task.reports.calls(task.call.caller.project.row.id, widthMs, from)
    return { result: { widthMs, from, to: task.now, counts } }
  },
}

export type OverviewResult = Overview & {
  readonly rootSlots: number
  readonly unfinishedImports: number
  readonly drillDays: number
}

export const projectOverview: ProjectCommand<Record<never, never>, OverviewResult> = {
  name: 'project-overview',
  right: 'read',
  async run(task) {
    const { drillDays } = task.settings
    const overview = await task.reports.overview(task.call.caller.project.row.id, drillDays, task.now)
    const slots = await task.reader.scan('rootSlots', '', 100)
    const unfinished = (await listUnfinishedImports.run(task, {})).result
    const others: CareItem[] = [
      ...(slots.length === 1 ? [item('loss-ahead', 'single-root-slot')] : []),
      ...unfinished.map(({ view: { key }, tokenUntil }) => ({ ...item('soon', 'import-unfinished'), key, at: tokenUntil })),
      ...(await oldAccessKeys(task)),
    ]
    const care = inOrder([...overview.care, ...others])
    return { result: { ...overview, care, rootSlots: slots.length, unfinishedImports: unfinished.length, drillDays } }
  },
}

async function oldAccessKeys({ reader, rowMac, call, now }: Task): Promise<CareItem[]> {
  const rows = await reader.rowsWhere('accessKeys', 'projectId', call.caller.project.row.id, 1000)
  const old = rows.filter(({ disabled, createdAt }) => disabled === 0 && now - createdAt > careDays.accessKeyOld * dayMs)
  for (const row of old) verifyRow(rowMac, 'accessKeys', row)
  return old.map(({ id, createdAt }) => ({ ...item('soon', 'access-key-old'), name: id, at: createdAt }))
}

function item(severity: CareItem['severity'], kind: CareItem['kind']): CareItem {
  return { severity, kind, key: null, at: null, calls: 0, count: null, name: null }
}

function card(task: Task, row: KeyRow, use: KeyUseRow | undefined, tags: readonly KeyTagRow[]): KeyCard {
  const { lastUsedAt = null, lastOperation = null, lastPrincipal = null } = use ?? {}
  const recent = use === undefined ? neverUsed : (JSON.parse(use.recent) as RecentUse)
  return {
    ...view(task, row),
    use: {
      lastUsedAt,
      lastOperation,
      lastPrincipal,
      lastDay: useSince(recent, 'hours', task.now - dayMs),
      lastMonth: useSince(recent, 'days', task.now - monthMs),
    },
    tags: tagsInOrder(tags),
    needsDrill: needsDrill(row, task.settings.drillDays, task.now),
  }
}
