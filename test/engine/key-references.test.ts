/** Keys named by an alias: its meaning is looked up for each call, and the call depends on it. */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { userCaller } from '../../src/access/principals.ts'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import type { ProjectKeys } from '../../src/crypto/keyring.ts'
import { KmsError } from '../../src/domain/errors.ts'
import {
  type KeyAliasRow,
  type KeyRow,
  type ProjectRow,
  type RowReference,
  type UserRow,
  versionOf,
} from '../../src/domain/rows.ts'
import type { EngineParts, KeyCommand, KeyReference } from '../../src/engine/command.ts'
import { Engine } from '../../src/engine/engine.ts'
import { LoadedKey } from '../../src/engine/keys/loaded-key.ts'
import type { Receipt, Submission } from '../../src/ports/journal.ts'
import type { StoreReader } from '../../src/ports/store.ts'

const frame = { revision: 1, schemaVersion: 1, mac: new Uint8Array(32) }
const rowMac = createSecretKey(new Uint8Array(32))
const project = {
  row: { ...frame, id: 'own', domainId: 'domain' } as ProjectRow,
  keys: { rowMac } as ProjectKeys,
}
const chest = '1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10'
const attic = '2f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10'

/**
 * The contents of the store at one moment: keys' own aliases, and aliases that point at keys, with
 * their revisions.
 */
type Moment = {
  readonly own: Readonly<Record<string, string>>
  readonly pointing: Readonly<Record<string, readonly [string, number]>>
}

const probe: KeyCommand<{ readonly key: KeyReference }, string> = {
  name: 'encrypt',
  right: 'use',
  key: ({ key }) => key,
  run: (_, key) => ({ result: key.row.id }),
}

/**
 * One call after another: each moment of the store is used for one lookup of an alias; one receipt
 * per submission.
 */
async function asked(
  alias: string,
  moments: readonly Moment[],
  receipts: readonly Receipt[] = ['recorded'],
) {
  let looks = 0
  const submitted: Submission[] = []
  const moment = (): Moment => moments[Math.min(looks, moments.length) - 1] as Moment
  const reader = {
    async keyOfAlias(projectId: string, name: string) {
      assert.equal(projectId, 'own')
      looks++
      return Object.entries(moment().own).find(([, one]) => one === name)?.[0]
    },
    async row(_: string, id: string) {
      const found = moment().pointing[id.slice('own/'.length)]
      return found && aliasRow(alias, found)
    },
  } as unknown as StoreReader
  const load = async (id: string): Promise<LoadedKey> => {
    // The key after the last change, even if the lookup of the alias saw an older state.
    const row = {
      ...frame,
      id,
      projectId: 'own',
      spec: 'AES_256',
      deletedAt: null,
      alias: moments.at(-1)?.own[id] ?? null,
    }
    return new LoadedKey({ key: row as KeyRow, versions: [] }, project)
  }
  const journal = {
    decidingNow: () => 1000,
    agreedNow: () => 1000,
    submit(submission: Submission, done: (receipt: Receipt) => void) {
      submitted.push(submission)
      done(receipts[submitted.length - 1] ?? 'recorded')
    },
  }
  const forgotten: RowReference[] = []
  const engine = new Engine({
    ...({} as EngineParts),
    reader,
    keys: { peek: () => undefined, load, drop: () => undefined },
    journal,
    forget: (reference) => forgotten.push(reference),
  })
  const caller = userCaller({ ...frame, id: 'ann', role: 'admin' } as UserRow, project)
  const call = {
    caller,
    requestId: 'r',
    dialect: 'test',
    source: 'local',
    signatureDigest: null,
    tries: 1,
  }
  const said = await engine.run(call, probe, { key: { alias } }).catch((error: unknown) => error)
  return { said, submitted, forgotten, looks }
}

/** The row of an alias that points at a key. */
function aliasRow(alias: string, [keyId, revision]: readonly [string, number]): KeyAliasRow {
  return signRow(
    rowMac,
    'keyAliases',
    { id: `own/${alias}`, keyId, projectId: 'own', name: alias, createdAt: 1, updatedAt: 1 },
    revision,
  )
}

const nothing: Moment = { own: {}, pointing: {} }

test('a key’s own alias: the key, whose row holds the alias, is guarded', async () => {
  const { said, submitted } = await asked('chest', [{ own: { [chest]: 'chest' }, pointing: {} }])
  assert.equal(said, chest)
  assert.equal(submitted[0]?.entry?.keyId, chest)
  assert.deepEqual(submitted[0]?.guards.at(-1), ['keys', chest, versionOf(frame)])
})

test('an alias that points at a key: its row is guarded as well', async () => {
  const { said, submitted } = await asked('drawer', [{ own: {}, pointing: { drawer: [chest, 7] } }])
  assert.equal(said, chest)
  assert.deepEqual(submitted[0]?.guards.slice(-2), [
    ['keys', chest, versionOf(frame)],
    ['keyAliases', 'own/drawer', versionOf(aliasRow('drawer', [chest, 7]))],
  ])
})

test('an alias that moved between decision and record: the call is decided again, on the key that it means now', async () => {
  const before = { own: {}, pointing: { drawer: [chest, 7] } } as const
  const after = { own: {}, pointing: { drawer: [attic, 8] } } as const
  const { said, forgotten } = await asked('drawer', [before, after], ['stale', 'recorded'])
  assert.equal(said, attic)
  assert.ok(forgotten.some(([table, id]) => table === 'keyAliases' && id === 'own/drawer'))
})

test('a key that lost its alias after the lookup: the alias is looked up again', async () => {
  const before = { own: { [chest]: 'chest' }, pointing: {} }
  const { said, looks } = await asked('chest', [
    before,
    { own: { [attic]: 'chest' }, pointing: {} },
  ])
  assert.deepEqual([said, looks], [attic, 2])
})

test('an alias that means no key: the refusal names it, and the record names no key', async () => {
  const { said, submitted } = await asked('cellar', [nothing])
  assert.ok(said instanceof KmsError)
  assert.deepEqual(
    [said.code, said.message],
    ['key-not-found', 'there is no key with the alias cellar in this project'],
  )
  assert.equal(submitted[0]?.entry?.keyId, null)
})
