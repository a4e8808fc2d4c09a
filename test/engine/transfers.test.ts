/**
 * A call from one key to another depends on both: versions of both are guarded, and it is valid
 * until the earlier expiry of the two.
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { userCaller } from '../../src/access/principals.ts'
import type { ProjectKeys } from '../../src/crypto/keyring.ts'
import { type KeyRow, type ProjectRow, type UserRow, versionOf } from '../../src/domain/rows.ts'
import type { EngineParts, TransferCommand } from '../../src/engine/command.ts'
import { Engine } from '../../src/engine/engine.ts'
import { LoadedKey } from '../../src/engine/keys/loaded-key.ts'
import type { Receipt, Submission } from '../../src/ports/journal.ts'

const frame = { revision: 1, schemaVersion: 1, mac: new Uint8Array(32) }
const project = {
  row: { ...frame, id: 'own', domainId: 'domain' } as ProjectRow,
  keys: { rowMac: createSecretKey(new Uint8Array(32)) } as ProjectKeys,
}
const from = '1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10'
const to = '2f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10'
const now = 1000

function keyOf(id: string, revision: number, materialExpiresAt: number | null): LoadedKey {
  const row = {
    ...frame,
    id,
    revision,
    projectId: 'own',
    spec: 'AES_256',
    deletedAt: null,
    deletionAt: null,
    materialExpiresAt,
  }
  return new LoadedKey({ key: row as KeyRow, versions: [] }, project)
}

const probe: TransferCommand<null, null> = {
  name: 'encrypt',
  right: 'use',
  key: () => to,
  sourceKey: () => from,
  run: async () => ({ result: null }),
}

async function submissionOf(source: LoadedKey, key: LoadedKey): Promise<Submission> {
  const submitted: Submission[] = []
  const journal = {
    decidingNow: () => now,
    agreedNow: () => now,
    submit(submission: Submission, done: (receipt: Receipt) => void) {
      submitted.push(submission)
      done('recorded')
    },
  }
  const keys = {
    peek: () => undefined,
    load: async (id: string) => (id === from ? source : key),
    drop: () => undefined,
  }
  const engine = new Engine({ ...({} as EngineParts), keys, journal, forget: () => undefined })
  const caller = userCaller({ ...frame, id: 'ann', role: 'admin' } as UserRow, project)
  await engine.run(
    { caller, requestId: 'r', dialect: 'test', source: 'local', signatureDigest: null, tries: 1 },
    probe,
    null,
  )
  return submitted[0] as Submission
}

const expiries: readonly (readonly [
  source: number | null,
  key: number | null,
  notAfter: number | null,
])[] = [
  [null, null, null],
  [2000, null, 2000],
  [null, 3000, 3000],
  [2000, 3000, 2000],
  [3000, 2000, 2000],
  [now, 2000, 2000],
]
for (const [source, key, notAfter] of expiries)
  test(`source expires at ${source}, key at ${key}: it is valid until ${notAfter}`, async () => {
    assert.equal((await submissionOf(keyOf(from, 5, source), keyOf(to, 9, key))).notAfter, notAfter)
  })

test('both keys are guarded, the record names the destination and its detail the source', async () => {
  const { guards, entry } = await submissionOf(keyOf(from, 5, null), keyOf(to, 9, null))
  const ofKeys = guards.filter(([table]) => table === 'keys')
  assert.deepEqual(ofKeys.toSorted(), [
    ['keys', from, versionOf({ ...frame, revision: 5 })],
    ['keys', to, versionOf({ ...frame, revision: 9 })],
  ])
  assert.deepEqual(
    [entry?.keyId, entry?.keyRevision, entry?.detail],
    [to, 9, `source key ${from} at revision 5`],
  )
})
