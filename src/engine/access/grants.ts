/**
 * Grants on keys: create, pass on, list, end. Every change increments the revision of the key's
 * list of grants, and every call that needed a grant is checked again against that revision before
 * it is recorded: so a grant works once its creation is answered and not once after its end is
 * answered, on any thread or node.
 */
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow } from '../../crypto/formats/row-writes.ts'
import * as rules from '../../domain/access/grants.ts'
import { KmsError } from '../../domain/errors.ts'
import type { KeyGrantRow, RowWrite } from '../../domain/rows.ts'
import { checkNotPendingDeletion } from '../../domain/rules.ts'
import {
  type Effect,
  type KeyCommand,
  type KeyReference,
  type ProjectCommand,
  type Task,
  turnOf,
} from '../command.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { asPage, inPieces } from '../pages.ts'
import type { LoadedGrants } from './loaded-grants.ts'

const grantIdBytes = 32

export type CreateGrantInput = rules.GrantTerms & { readonly key: KeyReference }

export const createGrant: KeyCommand<CreateGrantInput, { readonly grantId: string }> = {
  name: 'create-grant',
  right: 'manage',
  byGrant: (grants, who, { operations }) => rules.grantToPassOn(grants, who, operations),
  key: ({ key }) => key,
  async run(task, key, terms, parent) {
    const { random, call, now } = task
    const operations = rules.checkTerms(terms)
    checkNotPendingDeletion(key.row)
    const { principal, role, project } = call.caller
    if (parent !== null) rules.checkPassesOn(parent, operations)
    else
      rules.checkGivesOthers(terms, operations, { principal, domainId: project.row.domainId }, role)
    const standing = await grantsOf(task, key)
    const refusal = rules.refusalOfCount(standing.grants.length + 1)
    if (refusal !== undefined) return { refusal, guards: [standing.reference] }
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
    const rows = [...standing.grants.map(({ row }) => row), grant.row]
    return { result: { grantId: grant.id }, writes: [grant, listed(key, standing, rows)] }
  },
}

export type GrantReference = { readonly key: KeyReference; readonly grantId: string }

/** For callers who manage the key; everything passed on from the grant ends with it. */
export const revokeGrant: KeyCommand<GrantReference, null> = {
  name: 'revoke-grant',
  right: 'manage',
  key: ({ key }) => key,
  run: endGrant,
}

/** The same, for callers that the grant itself allows to end it, regardless of their role. */
export const retireGrant: KeyCommand<GrantReference, null> = {
  name: 'retire-grant',
  right: 'manage',
  byGrant: (grants, who, { grantId }) => rules.grantToRetire(grants, who, grantId),
  key: ({ key }) => key,
  run: endGrant,
}

export type ListGrantsInput = {
  readonly key: KeyReference
  /** Where the previous page ended, or null. */
  readonly after: rules.GrantPosition | null
  readonly limit: number
}
export type ListGrantsResult = {
  readonly grants: readonly rules.Grant[]
  /** Total over all pages. */
  readonly total: number
  /** Where this page ended, null when nothing follows. */
  readonly next: rules.GrantPosition | null
}

export const listGrants: KeyCommand<ListGrantsInput, ListGrantsResult> = {
  name: 'list-grants',
  right: 'read',
  key: ({ key }) => key,
  async run(task, key, { after, limit }) {
    const { grants, reference } = await grantsOf(task, key)
    const behind = grants.filter(({ row }) => rules.isBehind(row, after))
    const page = behind.slice(0, limit)
    const next = behind.length > limit ? positionOf(page.at(-1)?.row) : null
    return { result: { grants: page, total: grants.length, next }, guards: [reference] }
  },
}

/** Grants that name the caller as the user who may retire them, on keys of any project. */
export const listRetirableGrants: ProjectCommand<Omit<ListGrantsInput, 'key'>, ListGrantsResult> = {
  name: 'list-retirable-grants',
  right: 'read',
  async run(task, { after, limit }) {
    const { principal } = task.call.caller
    const found = await task.reports.retirableGrants(turnOf(task.call), {
      retiring: principal,
      after,
      limit,
    })
    let damaged = false
    const grants = await inPieces(found.ids, async (piece) => {
      const intact: KeyGrantRow[] = []
      for (const row of await task.reader.rows('keyGrants', piece)) {
        if (await isIntact(task, row)) intact.push(row)
        else damaged = true
      }
      return intact.map(rules.grantOf)
    })
    return asPage({ grants, total: found.total, next: found.next }, damaged)
  },
}

async function endGrant(
  task: Task,
  key: LoadedKey,
  { grantId }: GrantReference,
): Promise<Effect<null>> {
  const standing = await grantsOf(task, key)
  const grant = standing.grants.find(({ row }) => row.id === grantId)
  if (grant === undefined)
    return { refusal: await unknownGrant(task, key, grantId), guards: [standing.reference] }
  const ended = rules.withDescendants(standing.grants, grant)
  const rows = standing.grants.filter((one) => !ended.includes(one)).map(({ row }) => row)
  return {
    result: null,
    writes: [...ended.map(({ row }) => deleteRow('keyGrants', row)), listed(key, standing, rows)],
  }
}

/**
 * Verified. The call depends on them only if it changes their list or has them among its guards.
 */
export async function grantsOf({ grants }: Task, { row }: LoadedKey): Promise<LoadedGrants> {
  const found = grants.peek(row.id) ?? (await grants.load(row.id))
  if (found === undefined)
    throw new KmsError('stored-record-corrupt', `key ${row.id} is not in the store`)
  return found
}

function listed(key: LoadedKey, standing: LoadedGrants, rows: readonly KeyGrantRow[]): RowWrite {
  return standing.changedTo(rows, key.project.keys.rowMac, key.row.projectId)
}

/** A grant of another key is distinguished from a non-existent one only within the project. */
async function unknownGrant(
  { reader }: Task,
  { row }: LoadedKey,
  grantId: string,
): Promise<KmsError> {
  const other = await reader.row('keyGrants', grantId)
  return other !== undefined && other.projectId === row.projectId
    ? new KmsError(
        'grant-of-other-key',
        `grant ${grantId} belongs to another key, not to ${row.id}`,
      )
    : new KmsError('grant-id-invalid', `key ${row.id} has no grant ${grantId}`)
}

function positionOf(row: KeyGrantRow | undefined): rules.GrantPosition | null {
  return row === undefined ? null : { createdAt: row.createdAt, id: row.id }
}

async function isIntact({ projects }: Task, row: KeyGrantRow): Promise<boolean> {
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
