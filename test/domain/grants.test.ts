/**
 * Grants: which terms are valid, who they let do what, what may be passed on, who may end a grant,
 * and what ends with it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as grants from '../../src/domain/access/grants.ts'
import type { KeyGrantRow } from '../../src/domain/rows.ts'

const code = (check: () => unknown): string => {
  try {
    check()
    return 'fine'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const frame = { revision: 1, schemaVersion: 2, mac: new Uint8Array(32) }
const base = {
  keyId: 'k',
  projectId: 'p',
  name: null,
  retiring: null,
  issuing: 'owner',
  createdAt: 1,
  ...frame,
}

/** A grant to the user `ann` unless it says otherwise. */
function grant(
  id: string,
  operations: readonly grants.GrantOperation[],
  row: Partial<KeyGrantRow> = {},
): grants.Grant {
  const text = grants.operationsText(operations)
  return grants.grantOf({
    ...base,
    id,
    grantee: 'ann',
    granteeType: 'user',
    parentId: null,
    operations: text,
    ...row,
  })
}

const ann = { principal: 'ann', domainId: 'north' }
const bob = { principal: 'bob', domainId: 'south' }

test('terms', () => {
  const rows: readonly (readonly [terms: Partial<grants.GrantTerms>, expected: string])[] = [
    [{}, 'fine'],
    [{ grantee: '0'.repeat(64) }, 'fine'],
    [{ grantee: 'a-B-9' }, 'fine'],
    [{ grantee: '' }, 'grantee-invalid'],
    [{ grantee: 'x'.repeat(65) }, 'grantee-invalid'],
    [{ grantee: 'a b' }, 'grantee-invalid'],
    [{ grantee: 'ann\n' }, 'grantee-invalid'],
    [{ retiring: 'bob' }, 'fine'],
    [{ retiring: '' }, 'grantee-invalid'],
    [{ retiring: 'b_b' }, 'grantee-invalid'],
    [{ name: 'a:b/c_d-E9' }, 'fine'],
    [{ name: 'n'.repeat(255) }, 'fine'],
    [{ name: 'n'.repeat(256) }, 'parameter-invalid'],
    [{ name: '' }, 'parameter-invalid'],
    [{ name: 'a b' }, 'parameter-invalid'],
    [{ operations: grants.grantOperations }, 'fine'],
    [{ operations: ['encrypt', undefined] }, 'parameter-invalid'],
    [{ operations: ['create-grant', 'retire-grant'] }, 'fine'],
    [{ operations: [] }, 'grant-operations-missing'],
    [{ operations: ['create-grant'] }, 'grant-operations-missing'],
    [{ operations: ['create-grant', 'create-grant'] }, 'grant-operations-missing'],
  ]
  for (const [terms, expected] of rows)
    assert.equal(
      code(() =>
        grants.checkTerms({
          grantee: 'ann',
          granteeType: 'user',
          operations: ['sign'],
          name: null,
          retiring: null,
          ...terms,
        }),
      ),
      expected,
      JSON.stringify(terms),
    )
})

test('operations are stored once each, in a fixed order', () => {
  const operations = ['verify', 'encrypt', 'verify', 'describe-key'] as const
  const kept = grants.checkTerms({
    grantee: 'ann',
    granteeType: 'user',
    operations,
    name: null,
    retiring: null,
  })
  assert.deepEqual(kept, ['describe-key', 'encrypt', 'verify'])
  assert.deepEqual(grant('1', kept).operations, kept)
})

test('a grant allows its grantee what it names, and nobody anything else', () => {
  const toDomain = grant('2', ['verify'], { grantee: 'south', granteeType: 'domain' })
  const all = [grant('1', ['sign']), toDomain, grant('3', ['sign', 'verify'])]
  const rows: readonly (readonly [
    who: grants.Grantee,
    operation: grants.GrantOperation,
    id: string | undefined,
  ])[] = [
    [ann, 'sign', '1'],
    [ann, 'verify', '3'],
    [ann, 'encrypt', undefined],
    [bob, 'verify', '2'],
    [bob, 'sign', undefined],
    // A user is not a domain and a domain is not a user, even if their IDs are equal.
    [{ principal: 'south', domainId: 'ann' }, 'verify', undefined],
    [{ principal: 'south', domainId: 'ann' }, 'sign', undefined],
  ]
  for (const [who, operation, id] of rows)
    assert.equal(grants.grantFor(all, who, operation)?.row.id, id, `${who.principal} ${operation}`)
})

test('operations are passed on from a grant that covers all of them if there is one, and never more than it has', () => {
  const all = [
    grant('1', ['sign', 'verify']),
    grant('2', ['sign', 'create-grant']),
    grant('3', ['sign', 'verify', 'create-grant']),
    grant('4', grants.grantOperations, { grantee: 'bob' }),
  ]
  const rows: readonly (readonly [
    operations: readonly grants.GrantOperation[],
    id: string,
    check: string,
  ])[] = [
    [['sign'], '2', 'fine'],
    [['sign', 'create-grant'], '2', 'fine'],
    [['verify'], '3', 'fine'],
    [['sign', 'verify', 'create-grant'], '3', 'fine'],
    [['encrypt'], '2', 'not-permitted'],
    [['sign', 'retire-grant'], '2', 'not-permitted'],
  ]
  for (const [operations, id, check] of rows) {
    const parent = grants.grantToPassOn(all, ann, operations) as grants.Grant
    assert.equal(parent.row.id, id, operations.join())
    assert.equal(
      code(() => grants.checkPassesOn(parent, operations)),
      check,
      operations.join(),
    )
  }
  assert.equal(grants.grantToPassOn(all.slice(0, 1), ann, ['sign']), undefined)
})

test('who may retire a grant according to the grant itself', () => {
  const retirable = grant('1', ['sign', 'retire-grant'], { issuing: 'ivy', retiring: 'rob' })
  const other = grant('2', ['sign'], { issuing: 'ivy' })
  const wide = grant('3', ['retire-grant'], { grantee: 'bob' })
  const all = [retirable, other, wide]
  const as = (principal: string): grants.Grantee => ({ principal, domainId: 'north' })
  const rows: readonly (readonly [principal: string, id: string, may: boolean])[] = [
    ['ivy', '1', true],
    ['rob', '1', true],
    ['ann', '1', true],
    // retire-grant in a grant applies only to that grant.
    ['bob', '1', false],
    ['ivy', '2', true],
    ['ann', '2', false],
    ['rob', '2', false],
    ['bob', '3', true],
    ['ivy', '9', false],
  ]
  for (const [principal, id, may] of rows)
    assert.equal(
      grants.grantToRetire(all, as(principal), id)?.row.id,
      may ? id : undefined,
      `${principal} ${id}`,
    )
})

test('grants that were passed on end with their parent, and no others do', () => {
  const all = [
    grant('1', ['sign']),
    grant('2', ['sign'], { parentId: '1' }),
    grant('3', ['sign'], { parentId: '2' }),
    grant('4', ['sign'], { parentId: '1' }),
    grant('5', ['sign']),
    grant('6', ['sign'], { parentId: '5' }),
  ]
  const ended = (index: number): string =>
    grants
      .withDescendants(all, all[index] as grants.Grant)
      .map(({ row }) => row.id)
      .join('')
  assert.deepEqual([ended(0), ended(1), ended(2), ended(4)], ['1234', '23', '3', '56'])
})

test('a page begins after any position', () => {
  const position = { createdAt: 5, id: 'b' }
  const rows: readonly (readonly [createdAt: number, id: string, behind: boolean])[] = [
    [4, 'c', false],
    [5, 'a', false],
    [5, 'b', false],
    [5, 'c', true],
    [6, 'a', true],
  ]
  for (const [createdAt, id, behind] of rows) {
    assert.equal(grants.isBehind({ createdAt, id }, position), behind, `${createdAt} ${id}`)
    assert.equal(grants.isBehind({ createdAt, id }, null), true)
  }
})

test('a key has at most 100 grants', () => {
  assert.equal(grants.grantsPerKey, 100)
  assert.equal(grants.refusalOfCount(100), undefined)
  assert.equal(grants.refusalOfCount(101)?.code, 'too-many-grants')
})

test('a grant gives its creator nothing that their role does not allow, as a user or in their domain', () => {
  const toAnn = { grantee: 'ann', granteeType: 'user' } as const
  const toNorth = { grantee: 'north', granteeType: 'domain' } as const
  const manager = 'key-manager'
  const rows: readonly (readonly [
    role: string,
    terms: Parameters<typeof grants.checkGivesOthers>[0],
    expected: boolean,
  ])[] = [
    [manager, toAnn, false],
    [manager, toNorth, false],
    // An ID of the other kind belongs to somebody else.
    [manager, { grantee: 'ann', granteeType: 'domain' }, true],
    [manager, { grantee: 'north', granteeType: 'user' }, true],
    [manager, { grantee: 'bob', granteeType: 'user' }, true],
    [manager, { grantee: 'south', granteeType: 'domain' }, true],
    ['admin', toAnn, true],
    ['admin', toNorth, true],
  ]
  const ofManagers = ['describe-key', 'create-grant', 'retire-grant', 'get-public-key']
  for (const [role, terms, expected] of rows)
    for (const operation of grants.grantOperations) {
      const may = expected || ofManagers.includes(operation)
      const give = (): void =>
        grants.checkGivesOthers(terms, ['describe-key', operation], ann, role)
      assert.equal(
        code(give),
        may ? 'fine' : 'not-permitted',
        `${role} ${JSON.stringify(terms)} ${operation}`,
      )
    }
})
