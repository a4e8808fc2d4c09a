/**
 * Who may use a key: every role, in the key's own project and in another, with a grant and without.
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { userCaller } from '../../src/access/principals.ts'
import type { ProjectKeys } from '../../src/crypto/keyring.ts'
import type { GrantOperation } from '../../src/domain/access/grants.ts'
import { type Right, type Role, roleHasRight, roles } from '../../src/domain/access/roles.ts'
import type {
  GrantListRow,
  KeyGrantRow,
  KeyRow,
  ProjectRow,
  RowReference,
  RowWrite,
  UserRow,
} from '../../src/domain/rows.ts'
import { type CreateGrantInput, createGrant } from '../../src/engine/access/grants.ts'
import { LoadedGrants } from '../../src/engine/access/loaded-grants.ts'
import { type Call, type EngineParts, granted, type KeyCommand } from '../../src/engine/command.ts'
import { Engine } from '../../src/engine/engine.ts'
import { LoadedKey } from '../../src/engine/keys/loaded-key.ts'
import type { AuditEntry, Receipt, Submission } from '../../src/ports/journal.ts'
import { systemRandom } from '../../src/ports/random.ts'

const frame = { revision: 7, schemaVersion: 2, mac: new Uint8Array(32) }
const keyId = '1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10'
const project = (id: string) => ({
  row: { ...frame, id, domainId: `domain-of-${id}` } as ProjectRow,
  keys: { rowMac: createSecretKey(new Uint8Array(32)) } as ProjectKeys,
})
const own = project('own')
const foreign = project('foreign')

const grant = {
  ...frame,
  id: 'the-grant',
  keyId,
  projectId: 'own',
  name: null,
  grantee: 'ann',
  granteeType: 'user',
  operations: '["encrypt"]',
  retiring: null,
  issuing: 'owner',
  parentId: null,
  createdAt: 1,
} satisfies KeyGrantRow

/** A key with its grants, whose list has a revision of its own. */
type Granted = { readonly key: LoadedKey; readonly grants: LoadedGrants }

function keyWith(...grants: KeyGrantRow[]): Granted {
  const key = {
    ...frame,
    id: keyId,
    projectId: 'own',
    spec: 'AES_256',
    deletedAt: null,
    deletionAt: null,
  } as KeyRow
  const list = {
    ...frame,
    revision: 3,
    id: keyId,
    projectId: 'own',
    grantsDigest: new Uint8Array(32),
  } satisfies GrantListRow
  return {
    key: new LoadedKey({ key, versions: [] }, own),
    grants: new LoadedGrants(keyId, { list, grants }),
  }
}

/** Returns what let it through. */
const probe = (right: Right, operation?: 'encrypt' | 'decrypt'): KeyCommand<null, string> => ({
  name: 'encrypt',
  right,
  ...(operation !== undefined && { byGrant: granted(operation) }),
  key: () => keyId,
  run: (_task, _key, _input, through) => ({ result: through === null ? 'role' : through.row.id }),
})

async function attempt<I, R>(
  { key, grants }: Granted,
  command: KeyCommand<I, R>,
  role: string,
  at: typeof own,
  input = null as I,
): Promise<{
  said: unknown
  entry: AuditEntry | null | undefined
  guards: readonly RowReference[]
  writes: readonly RowWrite[]
}> {
  const submitted: Submission[] = []
  const journal = {
    decidingNow: () => 1000,
    agreedNow: () => 1000,
    submit(submission: Submission, done: (receipt: Receipt) => void) {
      submitted.push(submission)
      done('recorded')
    },
  }
  const keys = { peek: () => key, load: async () => key, drop: () => undefined }
  const lists = { peek: () => grants, load: async () => grants, drop: () => undefined }
  const engine = new Engine({
    ...({ random: systemRandom, grants: lists as EngineParts['grants'] } as EngineParts),
    keys,
    journal,
    forget: () => undefined,
  })
  const user = { ...frame, id: 'ann', role } as UserRow
  const call: Call = {
    caller: userCaller(user, at),
    requestId: 'r',
    dialect: 'test',
    source: 'local',
    signatureDigest: null,
    tries: 1,
  }
  const said = await engine.run(call, command, input).catch((error: { code: string }) => error.code)
  return {
    said,
    entry: submitted[0]?.entry,
    guards: submitted[0]?.guards ?? [],
    writes: submitted[0]?.writes ?? [],
  }
}

const allRoles = [...Object.keys(roles), 'unheard-of'] as readonly (Role | string)[]
/**
 * Whether a grant gives anything to a role: to every role except one that must replace its password
 * first, or an unknown one.
 */
const takesGrants = (role: string): boolean => role !== 'new-password' && role !== 'unheard-of'

for (const right of ['use', 'manage', 'read'] as const) {
  test(`right ${right}: a role, or a grant of exactly that operation, lets a caller through; nothing else does`, async () => {
    for (const role of allRoles)
      for (const at of [own, foreign])
        for (const has of ['none', 'other', 'this'] as const) {
          const key = has === 'none' ? keyWith() : keyWith(grant)
          const command = probe(right, has === 'other' ? 'decrypt' : 'encrypt')
          const { said, entry, guards } = await attempt(key, command, role, at)
          const byRole = at === own && roleHasRight(role, right)
          const byGrant = has === 'this' && takesGrants(role)
          const refusal = roleHasRight(role, right) ? 'key-not-found' : 'not-permitted'
          const expected = byRole ? 'role' : byGrant ? 'the-grant' : refusal
          const what = `${role}, ${at.row.id} project, grant of ${has} operation`
          assert.equal(said, expected, what)
          const through = byRole || byGrant
          assert.deepEqual(
            [entry?.project, entry?.keyRevision, entry?.detail, entry?.outcome],
            [
              through ? 'own' : at.row.id,
              through ? 7 : null,
              expected === 'the-grant' ? 'grant the-grant' : null,
              through ? 'ok' : said,
            ],
            what,
          )
          // Refusals too: a grant created in the meantime is not missed.
          assert.ok(
            guards.some(
              ([table, id, version]) =>
                table === 'keys' && id === keyId && version.startsWith('7 '),
            ),
            what,
          )
          // A role decides without reading the grants, so no change of them makes a call by a role
          // run again; every other call depends on them.
          assert.equal(
            guards.some(
              ([table, id, version]) =>
                table === 'grantLists' && id === keyId && version.startsWith('3 '),
            ),
            !byRole && takesGrants(role),
            what,
          )
        }
  })
}

test('a command that declares no grant is never done through one', async () => {
  const everything = {
    ...grant,
    operations: '["encrypt","decrypt","describe-key","create-grant","retire-grant"]',
  }
  for (const role of allRoles)
    for (const at of [own, foreign]) {
      const { said } = await attempt(keyWith(everything), probe('manage'), role, at)
      const mayManage = roleHasRight(role, 'manage')
      assert.equal(
        said,
        mayManage ? (at === own ? 'role' : 'key-not-found') : 'not-permitted',
        `${role} ${at.row.id}`,
      )
    }
})

test('a grant on a key that has ended lets nobody through', async () => {
  const { key, grants } = keyWith(grant)
  const tombstone = {
    key: new LoadedKey({ key: { ...key.row, deletedAt: 5 }, versions: [] }, own),
    grants,
  }
  assert.equal(
    (await attempt(tombstone, probe('use', 'encrypt'), 'admin', foreign)).said,
    'key-not-found',
  )
})

test('a caller who manages keys but does not use them may grant use to others, not to themselves; what they got by a grant they may pass on', async () => {
  const terms = (grantee: string, operations: readonly GrantOperation[]): CreateGrantInput => ({
    key: keyId,
    grantee,
    granteeType: grantee.startsWith('domain') ? 'domain' : 'user',
    operations,
    name: null,
    retiring: null,
  })
  const passable = { ...grant, operations: '["encrypt","create-grant"]' }
  const rows: readonly (readonly [
    role: string,
    at: typeof own,
    key: Granted,
    terms: CreateGrantInput,
    made: boolean,
  ])[] = [
    ['key-manager', own, keyWith(), terms('ann', ['encrypt']), false],
    ['key-manager', own, keyWith(), terms('domain-of-own', ['describe-key', 'sign']), false],
    ['key-manager', own, keyWith(), terms('bob', ['encrypt']), true],
    ['key-manager', own, keyWith(), terms('ann', ['describe-key']), true],
    ['admin', own, keyWith(), terms('ann', ['encrypt']), true],
    ['key-user', own, keyWith(passable), terms('ann', ['encrypt']), true],
    ['key-manager', foreign, keyWith(passable), terms('ann', ['encrypt']), true],
  ]
  for (const [role, at, key, input, made] of rows) {
    const { said, entry, writes } = await attempt(key, createGrant, role, at, input)
    const what = `${role} ${at.row.id} ${input.grantee} ${input.operations}`
    assert.equal(entry?.outcome, made ? 'ok' : 'not-permitted', what)
    assert.equal(writes.length, made ? 2 : 0, what)
    if (!made) assert.equal(said, 'not-permitted', what)
  }
})
