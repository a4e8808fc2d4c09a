/** Who may do what with which key, and the reason for each decision. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { authorize, authorizeOnKey, needsGrant } from '../../src/access/authorization.ts'
import type { LoadedProject } from '../../src/access/principals.ts'
import type { Grant } from '../../src/domain/access/grants.ts'
import { type Right, type Role, roles } from '../../src/domain/access/roles.ts'

const project = { row: { id: 'own', domainId: 'domain' } } as LoadedProject
const caller = (role: string) => ({ role, principal: 'ann', project })
const grant = { row: { id: 'g' } } as Grant
const everyRight = [...new Set(Object.values(roles).flat())]

const keys = {
  'a key of their project': { projectId: 'own', deletedAt: null },
  'a key of another project': { projectId: 'other', deletedAt: null },
  'a deleted key': { projectId: 'own', deletedAt: 5 },
  'a missing key': undefined,
} as const

describe('in a project a role decides', () => {
  for (const role of [...Object.keys(roles), 'somebody', 'constructor'])
    test(role, () => {
      const has: readonly Right[] = Object.hasOwn(roles, role) ? roles[role as Role] : []
      for (const right of everyRight)
        assert.equal(
          authorize(caller(role), right).reason,
          has.includes(right) ? 'role' : 'no-right',
          right,
        )
    })
})

describe('with a key', () => {
  const table: readonly (readonly [
    role: string,
    key: keyof typeof keys,
    granted: boolean,
    reason: string,
  ])[] = [
    ['key-user', 'a key of their project', false, 'role'],
    ['key-user', 'a key of their project', true, 'role'],
    ['key-user', 'a key of another project', false, 'no-key'],
    ['key-user', 'a key of another project', true, 'grant'],
    ['key-user', 'a deleted key', true, 'no-key'],
    ['key-user', 'a missing key', true, 'no-key'],
    ['key-manager', 'a key of their project', false, 'no-right'],
    ['key-manager', 'a key of their project', true, 'grant'],
    ['key-manager', 'a key of another project', false, 'no-right'],
    ['key-manager', 'a key of another project', true, 'grant'],
    ['key-manager', 'a deleted key', true, 'no-right'],
    ['key-manager', 'a missing key', true, 'no-right'],
    // A session whose initial password has not been changed can do nothing else, regardless of
    // grants.
    ['new-password', 'a key of their project', true, 'no-right'],
    ['new-password', 'a key of another project', true, 'no-right'],
    ['somebody', 'a key of another project', true, 'no-right'],
  ]
  for (const [role, key, granted, reason] of table)
    test(`${role}, ${key}, ${granted ? 'a grant' : 'no grant'}: ${reason}`, () => {
      const verdict = authorizeOnKey(
        caller(role),
        'use',
        keys[key],
        granted ? () => grant : undefined,
      )
      assert.equal(verdict.reason, reason)
      assert.equal(verdict.isAllowed, reason === 'role' || reason === 'grant')
      if (verdict.isAllowed) assert.equal(verdict.grant, reason === 'grant' ? grant : null)
    })

  test('grants are looked up for the caller and their domain', () => {
    const asked: unknown[] = []
    authorizeOnKey(
      caller('key-user'),
      'use',
      keys['a key of another project'],
      (who) => void asked.push(who),
    )
    assert.deepEqual(asked, [{ principal: 'ann', domainId: 'domain' }])
  })

  test('grants are looked up exactly when one could change the decision', () => {
    for (const role of [...Object.keys(roles), 'somebody'])
      for (const right of everyRight)
        for (const [name, key] of Object.entries(keys)) {
          if (key === undefined) continue
          const without = authorizeOnKey(caller(role), right, key)
          const withOne = authorizeOnKey(caller(role), right, key, () => grant)
          assert.equal(
            needsGrant(caller(role), right, key),
            without.reason !== withOne.reason,
            `${role}, ${right}, ${name}`,
          )
        }
  })
})
