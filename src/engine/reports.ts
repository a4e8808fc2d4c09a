/**
 * Reports across keys and records: searches, the use of a key, an overview. Authorized and recorded
 * like any call.
 */
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { updateRow } from '../crypto/formats/row-writes.ts'
import { roleHasRight } from '../domain/access/roles.ts'
import { KmsError } from '../domain/errors.ts'
import {
  type Finding,
  findingsOfRefused,
  inOrder,
  needsDrill,
  newFinding,
  type StrangerFinding,
} from '../domain/keys/findings.ts'
import type { KeySort } from '../domain/keys/key-sorts.ts'
import type { KeyState } from '../domain/keys/key-state.ts'
import {
  dayMs,
  hourMs,
  neverUsed,
  type RecentUse,
  type UseSince,
  useSince,
} from '../domain/keys/key-use.ts'
import type { Tag, TagFilter } from '../domain/keys/tags.ts'
import { signInOperations, unknownOperation } from '../domain/operations.ts'
import type { KeyAliasRow, KeyRow, KeyTagRow, KeyUseRow } from '../domain/rows.ts'
import * as rules from '../domain/rules.ts'
import { mayStandForId } from '../domain/short-ids.ts'
import type { AuditPage, AuditQuery, CallCount, Overview } from '../ports/reports.ts'
import { grantsOf } from './access/grants.ts'
import {
  type KeyCommand,
  type KeyReference,
  type ProjectCommand,
  type Task,
  turnOf,
} from './command.ts'
import { aliasesOf, keyOfAlias } from './keys/aliases.ts'
import { checkAliasFree, type KeyView, view } from './keys/lifecycle.ts'
import { tagsInOrder, tagsOf } from './keys/tags.ts'
import { asPage, taggedKeysOfPage } from './pages.ts'

export type { AuditPage }

const monthMs = 30 * dayMs

/** How a key was used, according to the log, about a second behind. */
export type KeyUse = {
  readonly lastUsedAt: number | null
  readonly lastOperation: string | null
  readonly lastPrincipal: string | null
  readonly lastDay: UseSince
  readonly lastMonth: UseSince
}

export type KeyCard = KeyView & {
  readonly use: KeyUse
  readonly tags: readonly Tag[]
  readonly needsDrill: boolean
}

/** A key with what points at it. */
export type KeyDetails = KeyCard & {
  readonly aliases: readonly Pick<KeyAliasRow, 'name' | 'createdAt'>[]
  /** Number of grants. */
  readonly grants: number
}

export const describeKeyCard: KeyCommand<{ readonly key: KeyReference }, KeyDetails> = {
  name: 'describe-key-card',
  right: 'read',
  key: ({ key }) => key,
  async run(task, key) {
    const [use, tags, aliases, { grants, reference }] = await Promise.all([
      task.reports.keyUse(turnOf(task.call), key.row.id),
      tagsOf(task, key),
      aliasesOf(task, key),
      grantsOf(task, key),
    ])
    const byName = aliases.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return {
      result: { ...card(task, key.row, use, tags), aliases: byName, grants: grants.length },
      guards: [reference],
    }
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

export const searchKeys: ProjectCommand<
  SearchKeysInput,
  { readonly keys: readonly KeyCard[]; readonly total: number }
> = {
  name: 'search-keys',
  right: 'read',
  async run(task, input) {
    const found = await task.reports.searchKeys(turnOf(task.call), {
      ...input,
      projectId: task.call.caller.project.row.id,
      now: task.now,
    })
    const { rows, damaged } = await taggedKeysOfPage(task, found.ids)
    const uses = new Map(found.uses.map((use) => [use.id, use]))
    return asPage(
      {
        keys: rows.map(({ row, tags }) => card(task, row, uses.get(row.id), tags)),
        total: found.total,
      },
      damaged,
    )
  },
}

/** The key of the project that holds a private key, found by the SHA-256 of its public key. */
export const findKeyByFingerprint: ProjectCommand<{ readonly fingerprint: Uint8Array }, KeyView> = {
  name: 'find-key-by-fingerprint',
  right: 'read',
  async run(task, { fingerprint }) {
    const id = await task.reader.keyOfAssociation(fingerprint)
    const row = id === undefined ? undefined : await task.reader.row('keys', id)
    if (
      row === undefined ||
      row.projectId !== task.call.caller.project.row.id ||
      row.deletedAt !== null
    )
      throw new KmsError('key-not-found', 'no key of this project holds that private key')
    verifyRow(task.call.caller.project.keys.rowMac, 'keys', row)
    return { result: view(task, row), keyId: row.id }
  },
}

export type EditKeyInput = {
  readonly key: KeyReference
  /**
   * Revision that the caller has seen: a different one means that somebody else changed the key
   * first.
   */
  readonly revision: number
  readonly alias: string | null
  readonly description: string | null
  readonly backupPlace: string | null
}

/**
 * Changes those names and notes of a key that are not null, unless the key has changed since the
 * caller read it.
 */
export const editKey: KeyCommand<EditKeyInput, KeyView> = {
  name: 'edit-key',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, { row, project }, { revision, alias, description, backupPlace }) {
    if (row.revision !== revision)
      throw new KmsError(
        'changed-meanwhile',
        `key ${row.id} has been changed by somebody else; nothing was applied`,
      )
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
    return { result: view(task, write.row), writes: [write] }
  },
}

/** What to search for. `key` is an alias, an ID, or a text that matches an ID; null for all. */
export type AuditInput = Omit<AuditQuery, 'projectId' | 'keys' | 'withStrangers' | 'looksAt'> & {
  readonly key: string | null
}

/**
 * @property isKeyKnown false if what was given as a key is neither an alias nor the start of an ID.
 */
export type AuditResult = AuditPage & { readonly isKeyKnown: boolean }

export const searchAudit: ProjectCommand<AuditInput, AuditResult> = {
  name: 'search-audit',
  right: 'audit',
  async run(task, { key, ...query }) {
    const { project, role } = task.call.caller
    const keys = key === null ? null : await keysNamed(task, key)
    const withStrangers = roleHasRight(role, 'strangers')
    const found = await task.reports.searchAudit(turnOf(task.call), {
      ...query,
      keys,
      withStrangers,
      projectId: project.row.id,
    })
    return { result: { ...found, isKeyKnown: keys?.length !== 0 } }
  },
}

/**
 * What a text may mean as a key in the log: the key that an alias means now, and the text itself,
 * because IDs never change.
 */
async function keysNamed(task: Task, text: string): Promise<readonly string[]> {
  const named = await keyOfAlias(task, text)
  return [...(named === undefined ? [] : [named.keyId]), ...(mayStandForId(text) ? [text] : [])]
}

/** The records of one key, for those who may see the key. */
export const keyActivity: KeyCommand<
  Omit<AuditInput, 'key'> & { readonly key: KeyReference },
  AuditResult
> = {
  name: 'key-activity',
  right: 'audit',
  key: ({ key }) => key,
  async run(task, { row }, { key: _, ...query }) {
    const asked = { ...query, keys: [row.id], withStrangers: false, projectId: row.projectId }
    return {
      result: { ...(await task.reports.searchAudit(turnOf(task.call), asked)), isKeyKnown: true },
    }
  },
}

/** How far back, and in which intervals: one of `callWidths`. */
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
    const counts = await task.reports.calls(
      turnOf(task.call),
      task.call.caller.project.row.id,
      widthMs,
      from,
    )
    return { result: { widthMs, from, to: task.now, counts } }
  },
}

export type OverviewResult = Overview & { readonly rootSlots: number; readonly drillDays: number }

export const projectOverview: ProjectCommand<Record<never, never>, OverviewResult> = {
  name: 'project-overview',
  right: 'read',
  async run(task) {
    const { drillDays } = task.settings
    const overview = await task.reports.overview(
      turnOf(task.call),
      task.call.caller.project.row.id,
      drillDays,
      task.now,
    )
    const slots = await task.reader.scan('rootSlots', null, 100)
    const findings = [
      ...overview.findings,
      ...(slots.length === 1 ? [newFinding('loss-ahead', 'single-root-slot')] : []),
      ...(await findingsOfStrangers(task)),
    ]
    return {
      result: { ...overview, findings: inOrder(findings), rootSlots: slots.length, drillDays },
    }
  },
}

/**
 * Calls with wrong credentials in the last hour, for callers who may read about them: sign-ins, and
 * calls whose project is unknown.
 */
async function findingsOfStrangers(task: Task): Promise<Finding[]> {
  const { project, role } = task.call.caller
  if (!roleHasRight(role, 'audit')) return []
  const withStrangers = roleHasRight(role, 'strangers')
  const of = async (kind: StrangerFinding, operations: readonly string[]): Promise<Finding[]> => {
    const { records, next } = await task.reports.searchAudit(turnOf(task.call), {
      ...strangersLately,
      projectId: project.row.id,
      operations,
      from: task.now - hourMs,
      withStrangers,
    })
    return findingsOfRefused(kind, records, next !== null)
  }
  const signIns = await of('sign-ins-failed', signInOperations)
  return withStrangers
    ? [...signIns, ...(await of('credentials-wrong', [unknownOperation]))]
    : signIns
}

const strangersLately = {
  keys: null,
  principals: null,
  outcomes: ['credentials-invalid'],
  hidesReads: false,
  to: null,
  before: null,
  limit: 500,
  looksAt: 20_000,
} as const

function card(
  task: Task,
  row: KeyRow,
  use: KeyUseRow | undefined,
  tags: readonly KeyTagRow[],
): KeyCard {
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
