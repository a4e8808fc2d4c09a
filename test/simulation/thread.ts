/** A request thread of a node: caches, journal and engine, as src/server/request-thread.ts has. */
import type { MessagePort } from 'node:worker_threads'
import type { Caller } from '../../src/access/principals.ts'
import { userCaller } from '../../src/access/principals.ts'
import { secretCopy } from '../../src/domain/material/secret-bytes.ts'
import type { Command, EngineParts } from '../../src/engine/command.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Journal } from '../../src/ports/journal.ts'
import type { Reports } from '../../src/ports/reports.ts'
import type { StoreReader } from '../../src/ports/store.ts'
import { JournalClient } from '../../src/runtime/journal-client.ts'
import { type RequestCaches, requestCaches } from '../../src/server/request-caches.ts'
import { settings } from '../fakes/settings.ts'
import { wrappingPair } from './deployment.ts'
import type { SimulatedNode } from './node.ts'
import { portPair } from './ports.ts'

const absent = (): never => {
  throw new TypeError('this is not in the simulation')
}

/** Wrapping keys are of no other use here than to be sealed and opened. */
const wrappingKeys: EngineParts['wrappingKeys'] = {
  take: async () => ({
    privateKey: wrappingPair.privateKey,
    publicKey: new Uint8Array(wrappingPair.publicKey.export({ format: 'der', type: 'spki' })),
  }),
  giveBack: () => undefined,
}

/** What is wrapped is not encrypted. */
const asymmetric: EngineParts['asymmetric'] = {
  sign: absent,
  verify: absent,
  encrypt: absent,
  decryptSm2: absent,
  agree: absent,
  decrypt: async (_, __, wrapped) => secretCopy(wrapped),
}

export class RequestThread {
  readonly engine: Engine
  readonly journal: JournalClient
  /** The same, watched. */
  readonly watched: Journal
  readonly caches: RequestCaches
  readonly writerPort: MessagePort
  readonly #node: SimulatedNode

  constructor(node: SimulatedNode, reader: StoreReader, timeFloor: number) {
    const { scheduler, deployment, clock, journalOf } = node.parts
    const { keyring } = deployment
    const [port, writerPort] = portPair(scheduler)
    this.#node = node
    this.writerPort = writerPort
    this.caches = requestCaches(reader, keyring, { keys: 10, grants: 10, principals: 10 })
    this.journal = new JournalClient({
      port,
      clock,
      timeFloor,
      onChanged: this.caches.onChanged,
      onForget: this.caches.forgetAll,
    })
    this.watched = journalOf(this.journal, node)
    this.engine = new Engine({
      ...this.caches,
      clock,
      reader,
      journal: this.watched,
      keyCounts: { of: async () => 0 },
      random: scheduler.draws,
      wrappingKeys,
      asymmetric,
      privateKeys: { make: absent, vet: absent },
      reports: {} as Reports,
      passwords: {} as EngineParts['passwords'],
      rowMac: keyring.rowMac,
      settings,
    })
  }

  /** @throws KmsError as the call is refused. */
  async call<I, R>(
    requestId: string,
    userId: string,
    command: Command<I, R>,
    input: I,
  ): Promise<R> {
    const caller = await this.#caller(userId)
    const call = { caller, requestId, dialect: 'test', source: 'local', signatureDigest: null }
    return this.engine.run({ ...call, tries: 1 }, command, input)
  }

  async #caller(userId: string): Promise<Caller> {
    const { projectId } = this.#node.parts.deployment
    const [project, user] = await Promise.all([
      this.caches.projects.load(projectId),
      this.caches.users.load(userId),
    ])
    if (project === undefined || user === undefined) throw new TypeError('the user is not there')
    return userCaller(user.row, project)
  }
}
