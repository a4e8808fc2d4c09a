/**
 * Grants on keys: made, passed on, listed, ended. Every change counts up the revision of the key, on which every call with it is decided
 * twice: so a grant works from its answer on, and not once more after the answer that ended it, on any thread or node.
 */
import { verifyRow } from '../crypto/row-mac.ts'
import { deleteRow, insertRow, touchRow } from '../crypto/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import * as rules from '../domain/grants.ts'
import type { KeyGrantRow } from '../domain/rows.ts'
import { checkNotPendingDeletion } from '../domain/rules.ts'
import type { Effect, KeyCommand, ProjectCommand, Task } from './command.ts'
import type { LoadedKey } from './loaded-key.ts'

const grantIdBytes = 32

export type CreateGrantInput = rules.GrantTerms & { readonly keyId: string }

export const createGrant: KeyCommand<CreateGrantInput, { readonly grantId: string }> = {
  name: 'create-grant',
  right: 'manage',
  byGrant: (grants, who, { operations }) => rules.grantToPassOn(grants, who, operations),
  keyId: ({ keyId }) => keyId,
  run({ random, call, now }, key, terms, parent) {
    const operations = rules.checkTerms(terms)
    checkNotPendingDeletion(key.row)
    const { principal, role, project } = call.caller
    if (parent !== null) rules.checkPassesOn(parent, operations)
    else rules.checkGivesOthers(terms, operations, { principal, domainId: project.row.domainId }, role)
    rules.checkGrantCount(key.grants.length + 1)
    const { rowMac } = key.project.keys
    const grant = insertRow(rowMac, 'keyGrants', {
      id: random.bytes(grantIdBytes).toHex(),
      keyId: key.row.id,
      projectId: key.row.projectId,
      name: terms.name,
      grantee: terms.grantee,
      granteeType: terms.granteeType,
      operations: rules.operationsText(operations),
      retiring: terms.retiring,
      issuing: principal,
      parentId: parent?.row.id ?? null,
      createdAt: now,
    })
    return { result: { grantId: grant.id }, writes: [grant, touchRow(rowMac, 'keys', key.row)] }
  },
}

export type GrantReference = { readonly keyId: string; readonly grantId: string }

/** By whoever manages the key; whatever was passed on from the grant ends with it. */
export const revokeGrant: KeyCommand<GrantReference, null> = {
  name: 'revoke-grant',
  right: 'manage',
  keyId: ({ keyId }) => keyId,
  run: endGrant,
}

/** The same by those to whom the grant itself gives it, whatever else they may do. */
export const retireGrant: KeyCommand<GrantReference, null> = {
  name: 'retire-grant',
  right: 'manage',
  byGrant: (grants, who, { grantId }) => rules.grantToRetire(grants, who, grantId),
  keyId: ({ keyId }) => keyId,
  run: endGrant,
}

export type ListGrantsInput = {
  readonly keyId: string
  /** Where the page before ended, or null. */
  readonly after: rules.GrantPosition | null
  readonly limit: number
}
export type ListGrantsResult = {
  readonly grants: readonly rules.Grant[]
  /** In all pages together. */
  readonly total: number
  /** Where this page ended, null when nothing follows. */
  readonly next: rules.GrantPosition | null
}

export const listGrants: KeyCommand<ListGrantsInput, ListGrantsResult> = {
  name: 'list-grants',
  right: 'read',
  keyId: ({ keyId }) => keyId,
  run(_, { grants }, { after, limit }) {
    const behind = grants.filter(({ row }) => rules.isBehind(row, after))
    const page = behind.slice(0, limit)
    return { result: { grants: page, total: grants.length, next: behind.length > limit ? positionOf(page.at(-1)?.row) : null } }
  },
}

/** Grants that name the caller as the one who may retire them, on keys of any project. */
export const listRetirableGrants: ProjectCommand<Omit<ListGrantsInput, 'keyId'>, ListGrantsResult> = {
  name: 'list-retirable-grants',
  right: 'read',
  async run(task, { after, limit }) {
    const found = await task.reader.retirableGrants({ retiring: task.call.caller.principal, after, limit: limit + 1 })
    const page = found.grants.slice(0, limit)
    const sound = []
    for (const row of page) if (await isSound(task, row)) sound.push(rules.grantOf(row))
    const next = found.grants.length > limit ? positionOf(page.at(-1)) : null
    const result = { grants: sound, total: found.total, next }
    return sound.length === page.length ? { result } : { result, detail: 'corrupt records left out' }
  },
}

async function endGrant(task: Task, key: LoadedKey, { grantId }: GrantReference): Promise<Effect<null>> {
  const grant = key.grants.find(({ row }) => row.id === grantId) ?? (await refuseGrant(task, key, grantId))
  const ended = rules.withDescendants(key.grants, grant)
  const touched = touchRow(key.project.keys.rowMac, 'keys', key.row)
  return { result: null, writes: [...ended.map(({ row }) => deleteRow('keyGrants', row)), touched] }
}

/** A grant of another key is told apart from none only within the project. */
async function refuseGrant({ reader }: Task, { row }: LoadedKey, grantId: string): Promise<never> {
  const other = await reader.row('keyGrants', grantId)
  if (other !== undefined && other.projectId === row.projectId)
    throw new KmsError('grant-of-other-key', `grant ${grantId} is one of another key than ${row.id}`)
  throw new KmsError('grant-id-invalid', `key ${row.id} has no grant ${grantId}`)
}

function positionOf(row: KeyGrantRow | undefined): rules.GrantPosition | null {
  return row === undefined ? null : { createdAt: row.createdAt, id: row.id }
}

async function isSound({ projects }: Task, row: KeyGrantRow): Promise<boolean> {
  try {
    const project = await projects.load(row.projectId)
    if (project === undefined) return false
    verifyRow(project.keys.rowMac, 'keyGrants', row)
    return true
  } catch (error) {
    if (error instanceof KmsError) return false
    throw error
  }
}
