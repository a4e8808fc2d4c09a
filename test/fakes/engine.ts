/**
 * The engine in this process, over a real store in a folder of its own and a real writer, with a
 * clock that moves only when a test moves it. Only the threads are missing: what they do is done
 * right away.
 */
import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { userCaller } from '../../src/access/principals.ts'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { decryptOaep } from '../../src/crypto/asymmetric/oaep.ts'
import { generatePrivateKey, vetPrivateKey } from '../../src/crypto/asymmetric/private-keys.ts'
import { unwrapKey } from '../../src/crypto/key-wrap.ts'
import { Keyring } from '../../src/crypto/keyring.ts'
import { asymmetricSpec } from '../../src/domain/keys/key-specs.ts'
import type { Command, EngineParts } from '../../src/engine/command.ts'
import { type Decision, Engine } from '../../src/engine/engine.ts'
import type { AsymmetricOperations, PrivateKeyMaker } from '../../src/ports/asymmetric.ts'
import {
  type Journal,
  ownSubmission,
  type Receipt,
  type Submission,
} from '../../src/ports/journal.ts'
import { type Random, systemRandom } from '../../src/ports/random.ts'
import type { Reports } from '../../src/ports/reports.ts'
import type { WrappingKey, WrappingKeys } from '../../src/ports/wrapping-keys.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { makeProject, projectRows, text } from '../../src/server/commands/new-project.ts'
import { insertSigned, newDeployment } from '../../src/server/first-start.ts'
import { type RequestCaches, requestCaches } from '../../src/server/request-caches.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { FakeClock } from './clock.ts'
import { settings } from './settings.ts'

/**
 * One wrapping key for all imports: making one takes half a second, and no test here is about it.
 */
const wrappingPair = generateKeyPairSync('rsa', { modulusLength: 2048 })

const wrappingKeys: WrappingKeys = {
  take: async (): Promise<WrappingKey> => ({
    privateKey: wrappingPair.privateKey,
    publicKey: new Uint8Array(wrappingPair.publicKey.export({ format: 'der', type: 'spki' })),
  }),
  giveBack: () => undefined,
}

/** @returns what fails a test that gets there: nothing here asks for it. */
function absent<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get: (_, property) => () => assert.fail(`${name}.${String(property)} is not in this process`),
  })
}

const asymmetric: AsymmetricOperations = {
  sign: () => assert.fail('signing is not in this process'),
  verify: () => assert.fail('verifying is not in this process'),
  encrypt: () => assert.fail('encryption with a public key is not in this process'),
  decryptSm2: () => assert.fail('SM2 is not in this process'),
  agree: () => assert.fail('key agreement is not in this process'),
  decrypt: async (_, privateKey, ciphertext) => decryptOaep(privateKey, ciphertext),
}

const privateKeys: PrivateKeyMaker = {
  make: async (_, spec) => generatePrivateKey(asymmetricSpec(spec)),
  async vet(_, spec, { cipher, temporaryKey, bytes }) {
    const pkcs8 = unwrapKey(cipher, temporaryKey, bytes)
    return pkcs8 && vetPrivateKey(asymmetricSpec(spec), pkcs8)
  },
}

export class EngineInProcess {
  readonly clock: FakeClock
  readonly #folder: string
  readonly #writer: Writer
  readonly #closing: readonly { close(): void }[]
  readonly #caches: RequestCaches
  readonly #engine: Engine
  readonly #userId: string
  readonly #projectId: string

  private constructor(parts: {
    folder: string
    clock: FakeClock
    writer: Writer
    closing: readonly { close(): void }[]
    caches: RequestCaches
    reader: SqliteReader
    rowMac: KeyObject
    projectId: string
    userId: string
    random: Random
  }) {
    const { clock, caches, reader, rowMac } = parts
    this.clock = clock
    this.#folder = parts.folder
    this.#writer = parts.writer
    this.#closing = parts.closing
    this.#caches = caches
    this.#projectId = parts.projectId
    this.#userId = parts.userId
    const journal: Journal = {
      decidingNow: () => clock.wallNow(),
      agreedNow: () => clock.wallNow(),
      submit: (submission, done) => void this.submit(submission).then(done),
    }
    this.#engine = new Engine({
      clock,
      reader,
      journal,
      projects: caches.projects,
      keys: caches.keys,
      grants: caches.grants,
      forget: caches.forget,
      keyCounts: { of: async () => 0 },
      random: parts.random,
      wrappingKeys,
      asymmetric,
      privateKeys,
      reports: absent<Reports>('reports'),
      passwords: absent<EngineParts['passwords']>('passwords'),
      rowMac,
      settings,
    })
  }

  /**
   * @param at what its clock shows, milliseconds since 1970.
   * @param random what the engine draws from.
   */
  static async start(at: number, random: Random = systemRandom): Promise<EngineInProcess> {
    const folder = newFolder()
    const file = join(folder, 'holdfast.db')
    migrateSqlite(file, { auditLeaf: legacyLeaf, leafGroup: packed })
    const clock = new FakeClock(at)
    const rootKey = createSecretKey(randomBytes(32))
    const id = systemRandom.bytes(16).toHex()
    const deployment = newDeployment(rootKey, id, at, systemRandom)
    const keyring = new Keyring(rootKey, deployment)
    const made = makeProject({ endpoint: 'http://localhost', region: 'r', name: 'p' }, systemRandom)
    const rows = await projectRows(keyring, made, at, systemRandom)
    const store = new SqliteWriter(file)
    const log = new NodeLog(id, keyring.rowMac, firstHead(keyring.rowMac, 'node', at))
    const writer = new Writer({ store, log, time: new TimeKeeper(clock, at) })
    const writes = [insertSigned(deployment), ...rows]
    assert.deepEqual((await writer.write([ownSubmission({ writes })])).receipts, ['recorded'])
    const reader = new SqliteReader(file)
    const user = rows.find(({ table }) => table === 'users')
    return new EngineInProcess({
      folder,
      clock,
      writer,
      closing: [reader, store],
      caches: requestCaches(reader, keyring),
      reader,
      rowMac: keyring.rowMac,
      projectId: text(made.project_id),
      userId: user?.id ?? '',
      random,
    })
  }

  /** Decides without writing anything. */
  async decide<I, R>(command: Command<I, R>, input: I): Promise<Decision<R>> {
    const [project, user] = await Promise.all([
      this.#caches.projects.load(this.#projectId),
      this.#caches.users.load(this.#userId),
    ])
    if (project === undefined || user === undefined) assert.fail('the first user is not there')
    // Of an admin who has replaced the initial password.
    const caller = { ...userCaller(user.row, project), role: 'admin' }
    const call = {
      caller,
      requestId: systemRandom.bytes(16).toHex(),
      dialect: 'test',
      source: 'local',
      signatureDigest: null,
      tries: 1,
    }
    return this.#engine.decide(call, command, input)
  }

  /** Writes what was decided. */
  async submit(submission: Submission): Promise<Receipt> {
    const { receipts, changed } = await this.#writer.write([submission])
    this.#caches.onChanged(changed)
    return receipts[0] ?? assert.fail('no receipt')
  }

  /**
   * Decides and writes, and again when what it was decided on has changed: so it is where two keys
   * of one millisecond drew the same place in the list.
   * @throws KmsError when it is refused.
   */
  async run<I, R>(command: Command<I, R>, input: I): Promise<R> {
    for (let tries = 0; tries < 5; tries++) {
      const { submission, outcome } = await this.decide(command, input)
      if ((await this.submit(submission)) === 'stale') continue
      if ('error' in outcome) throw outcome.error
      return outcome.result
    }
    assert.fail(`${command.name} was stale again and again`)
  }

  close(): void {
    for (const one of this.#closing) one.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
