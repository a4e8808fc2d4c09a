/**
 * Grants: what one user, or everyone in one domain, may do with one key in addition to the roles of
 * its project. A grant gives exactly the operations that it names. One that names create-grant can
 * be passed on in part, and everything passed on ends with it. Pure.
 */
import { KmsError, type KmsErrorCode } from '../errors.ts'
import type { KeyGrantRow } from '../rows.ts'
import { type Right, roleHasRight } from './roles.ts'

/**
 * What can be granted, and the right of a role that lets a caller do the same without a grant.
 * Lists of operations are stored and shown in this order.
 */
const rights = {
  'create-data-key': 'use',
  'create-data-key-without-plaintext': 'use',
  'encrypt-data-key': 'use',
  'decrypt-data-key': 'use',
  'describe-key': 'read',
  'create-grant': 'manage',
  'retire-grant': 'manage',
  encrypt: 'use',
  decrypt: 'use',
  sign: 'use',
  verify: 'use',
  'get-public-key': 'read',
  'generate-mac': 'use',
  'verify-mac': 'use',
} as const satisfies Readonly<Record<string, Right>>
export type GrantOperation = keyof typeof rights
export const grantOperations = Object.keys(rights) as readonly GrantOperation[]

/** Who a grant is for: one user, or everyone in one domain. */
export const granteeTypes = ['user', 'domain'] as const
export type GranteeType = (typeof granteeTypes)[number]

/** Maximum number of grants of one key, all chains together. */
export const grantsPerKey = 100

/** A stored grant with its operations parsed. */
export type Grant = { readonly row: KeyGrantRow; readonly operations: readonly GrantOperation[] }

/** What grants need to know about a caller. */
export type Grantee = { readonly principal: string; readonly domainId: string }

/** The terms of a new grant. */
export type GrantTerms = {
  readonly grantee: string
  readonly granteeType: GranteeType
  /** Undefined for a name that the dialect maps to none of them. */
  readonly operations: readonly (GrantOperation | undefined)[]
  readonly name: string | null
  /** Who may retire it besides issuer and grantee. */
  readonly retiring: string | null
}

/** A refusal that names operations; each dialect substitutes its own names. */
export class OperationsRefused extends KmsError {
  readonly #operations: readonly GrantOperation[]
  readonly #say: (names: string) => string

  constructor(
    code: KmsErrorCode,
    operations: readonly GrantOperation[],
    say: (names: string) => string,
  ) {
    super(code, say(operations.join(', ')))
    this.#operations = operations
    this.#say = say
  }

  messageWith(names: Readonly<Record<GrantOperation, string>>): string {
    return this.#say(this.#operations.map((one) => names[one]).join(', '))
  }
}

/** Longest ID of a grantee or of who may retire a grant, in characters. */
export const principalLength = 64
/** The principal need not be a known user: users of the clouds whose clients call here are not. */
const principalPattern = new RegExp(`^[0-9A-Za-z-]{1,${principalLength}}$`)
/** Longest name of a grant, in characters. */
export const grantNameLength = 255
const namePattern = new RegExp(`^[a-zA-Z0-9:/_-]{1,${grantNameLength}}$`)

/**
 * @returns the operations, each once and in the order of `grantOperations`.
 * @throws KmsError grantee-invalid, grant-operations-missing, parameter-invalid.
 */
export function checkTerms({
  grantee,
  operations,
  name,
  retiring,
}: GrantTerms): readonly GrantOperation[] {
  if (!principalPattern.test(grantee)) throw invalidPrincipal('grantee')
  if (retiring !== null && !principalPattern.test(retiring)) throw invalidPrincipal('retiring user')
  if (name !== null && !namePattern.test(name))
    throw new KmsError(
      'parameter-invalid',
      `a grant’s name must be 1 to ${grantNameLength} characters from a-z, A-Z, 0-9 and : / _ -`,
    )
  if (operations.includes(undefined))
    throw new OperationsRefused(
      'parameter-invalid',
      grantOperations,
      (names) => `the operations of a grant must be among: ${names}`,
    )
  if (operations.every((one) => one === 'create-grant'))
    throw new KmsError(
      'grant-operations-missing',
      'a grant must name at least one operation besides create-grant',
    )
  return grantOperations.filter((one) => operations.includes(one))
}

function invalidPrincipal(who: string): KmsError {
  return new KmsError(
    'grantee-invalid',
    `the ID of the ${who} must be 1 to 64 characters from a-z, A-Z, 0-9 and -`,
  )
}

/** @param count grants that the key would have. */
export function refusalOfCount(count: number): KmsError | undefined {
  return count > grantsPerKey
    ? new KmsError('too-many-grants', `a key has at most ${grantsPerKey} grants`)
    : undefined
}

/** The first grant that lets a caller do an operation. */
export function grantFor(
  grants: readonly Grant[],
  who: Grantee,
  operation: GrantOperation,
): Grant | undefined {
  return grants.find((grant) => grant.operations.includes(operation) && isFor(grant, who))
}

/**
 * The grant that a caller may pass operations on from: a grant that has all of them is preferred to
 * one that does not.
 */
export function grantToPassOn(
  grants: readonly Grant[],
  who: Grantee,
  operations: GrantTerms['operations'],
): Grant | undefined {
  const passable = grants.filter(
    (grant) => grant.operations.includes('create-grant') && isFor(grant, who),
  )
  return passable.find((grant) => covers(grant, operations)) ?? passable[0]
}

/** @throws KmsError not-permitted when more is passed on than a grant has. */
export function checkPassesOn(grant: Grant, operations: readonly GrantOperation[]): void {
  if (!covers(grant, operations))
    throw new OperationsRefused(
      'not-permitted',
      grant.operations,
      (names) => `a grant can pass on only operations that it has: ${names}`,
    )
}

/**
 * A caller who manages keys may let others use them, but not themselves: a grant that includes its
 * own creator gives nothing that their role does not already allow.
 * @throws KmsError not-permitted.
 */
export function checkGivesOthers(
  terms: Reach,
  operations: readonly GrantOperation[],
  who: Grantee,
  role: string,
): void {
  const beyond = operations.find((one) => !roleHasRight(role, rights[one]))
  if (beyond !== undefined && reaches(terms, who))
    throw new OperationsRefused(
      'not-permitted',
      [beyond],
      (name) =>
        `the caller's role has no right to ${name} here, and callers cannot grant it to themselves, by user or by domain`,
    )
}

/** The grant of an ID if the caller may retire it. */
export function grantToRetire(
  grants: readonly Grant[],
  who: Grantee,
  id: string,
): Grant | undefined {
  const grant = grants.find(({ row }) => row.id === id)
  return grant && mayRetire({ ...grant.row, operations: grant.operations }, who) ? grant : undefined
}

type Retirable = Reach &
  Pick<KeyGrantRow, 'issuing' | 'retiring'> & { readonly operations: readonly GrantOperation[] }

/**
 * Whether a grant itself lets a caller end it: its issuer, its retiring user, or its grantee if it
 * has retire-grant.
 */
export function mayRetire(grant: Retirable, who: Grantee): boolean {
  const { principal } = who
  if (grant.issuing === principal || grant.retiring === principal) return true
  return grant.operations.includes('retire-grant') && reaches(grant, who)
}

/** A grant and all grants passed on from it, directly or indirectly. */
export function withDescendants(grants: readonly Grant[], grant: Grant): readonly Grant[] {
  const children = grants.filter(({ row }) => row.parentId === grant.row.id)
  return [grant, ...children.flatMap((child) => withDescendants(grants, child))]
}

/** The operations as they are stored. */
export function operationsText(operations: readonly GrantOperation[]): string {
  return JSON.stringify(operations)
}

/** Names of operations in rows of the first layout, which used those of Huawei's API. */
const firstNames: Readonly<Record<string, GrantOperation>> = {
  'create-datakey': 'create-data-key',
  'create-datakey-without-plaintext': 'create-data-key-without-plaintext',
  'encrypt-datakey': 'encrypt-data-key',
  'decrypt-datakey': 'decrypt-data-key',
  'encrypt-data': 'encrypt',
  'decrypt-data': 'decrypt',
  'get-publickey': 'get-public-key',
}

/** @param row verified: nothing but `operationsText` wrote it, of this layout or the first one. */
export function grantOf(row: KeyGrantRow): Grant {
  const names = JSON.parse(row.operations) as readonly string[]
  const now = row.schemaVersion === 1 ? names.map((name) => firstNames[name] ?? name) : names
  return { row, operations: grantOperations.filter((one) => now.includes(one)) }
}

/** Order of listings: oldest first, by ID within one millisecond. */
export type GrantPosition = { readonly createdAt: number; readonly id: string }

/**
 * Whether a grant comes after a position. Pages begin at positions, so that grants may come and go
 * between pages.
 */
export function isBehind(
  { createdAt, id }: GrantPosition,
  position: GrantPosition | null,
): boolean {
  if (position === null) return true
  return createdAt > position.createdAt || (createdAt === position.createdAt && id > position.id)
}

function isFor({ row }: Grant, who: Grantee): boolean {
  return reaches(row, who)
}

type Reach = Pick<KeyGrantRow, 'grantee' | 'granteeType'>

function reaches({ grantee, granteeType }: Reach, { principal, domainId }: Grantee): boolean {
  return grantee === (granteeType === 'domain' ? domainId : principal)
}

function covers(grant: Grant, operations: GrantTerms['operations']): boolean {
  return operations.every((one) => one !== undefined && grant.operations.includes(one))
}
