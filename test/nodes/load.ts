/**
 * Callers that keep calling several nodes while something goes wrong. Each has keys of its own and
 * makes one call after the other, on any node: so it knows which state each key is in, or between
 * which two.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  anyChange,
  creationOf,
  isUsable,
  type KeyModel,
  matches,
  newTrackedKey,
  revive,
  send,
  type TrackedKey,
} from '../crash/key-model.ts'
import { type Body, type HuaweiClient, wrap } from '../e2e/client.ts'
import { Ledger, type Outcome } from './ledger.ts'
import type { Nodes } from './nodes.ts'

const keysPerCaller = 3
/** The machine is to be loaded, not tested for its speed. */
const pauseMs = 15
const pauseAfterFailureMs = 100

class Caller {
  readonly keys: TrackedKey[] = []
  /** Keys with a change of unknown outcome: left alone until it is known. */
  readonly unsure: TrackedKey[] = []
  /** What creations of unknown outcome may have made. */
  readonly unanswered: TrackedKey[] = []
  readonly #nodes: Nodes
  readonly #ledger: Ledger
  /** The only node that it calls, or undefined for any. */
  readonly #home: number | undefined
  /** The last call failed: changes of keys wait, so that not all keys end up unsure. */
  #isShaken = false

  constructor(nodes: Nodes, ledger: Ledger, home: number | undefined) {
    this.#nodes = nodes
    this.#ledger = ledger
    this.#home = home
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const { kind } = await this.#step(this.#home ?? randomInt(this.#nodes.count))
      this.#isShaken = kind !== 'ok'
      await sleep(this.#isShaken ? pauseAfterFailureMs : pauseMs)
    }
  }

  #step(node: number): Promise<Outcome> {
    if (this.keys.length < keysPerCaller) return this.#create(node)
    const key = this.keys[randomInt(this.keys.length)] as TrackedKey
    const usable = this.keys.find(isUsable)
    const dice = this.#isShaken ? 0 : randomInt(10)
    if (usable !== undefined && dice < 4) return this.#encrypt(node, usable)
    if (usable !== undefined && dice < 6) return this.#decrypt(node, usable)
    if (dice < 7) return this.#describe(node, key)
    return this.#change(node, key)
  }

  async #create(node: number): Promise<Outcome> {
    const key = newTrackedKey()
    const outcome = await this.#call(node, 'create-key', creationOf(key))
    if (outcome.kind === 'ok') this.keys.push({ ...key, id: outcome.body.key_info.key_id })
    if (outcome.kind === 'unknown') this.unanswered.push(key)
    return outcome
  }

  async #encrypt(node: number, key: TrackedKey): Promise<Outcome> {
    const plaintext = crypto.randomUUID()
    const outcome = await this.#call(node, 'encrypt-data', {
      key_id: key.id,
      plain_text: plaintext,
    })
    if (outcome.kind === 'ok')
      key.ciphertexts.push({ ciphertext: outcome.body.cipher_text, plaintext })
    return outcome
  }

  async #decrypt(node: number, key: TrackedKey): Promise<Outcome> {
    const known = key.ciphertexts[randomInt(key.ciphertexts.length || 1)]
    if (known === undefined) return this.#encrypt(node, key)
    const outcome = await this.#call(node, 'decrypt-data', { cipher_text: known.ciphertext })
    if (outcome.kind === 'ok') assert.equal(outcome.body.plain_text, known.plaintext)
    return outcome
  }

  async #describe(node: number, key: TrackedKey): Promise<Outcome> {
    const outcome = await this.#call(node, 'describe-key', { key_id: key.id })
    if (outcome.kind === 'ok')
      assert.ok(matches(key.model, outcome.body.key_info), shownNext(key, outcome.body.key_info))
    return outcome
  }

  async #change(node: number, key: TrackedKey): Promise<Outcome> {
    const { operation, description, next } = anyChange(key.model)
    if (operation === 'import') return this.#import(node, key, next)
    const outcome = await this.#ledger.call([this.#nodes, node], operation, (client) =>
      send(client, key.id, operation, { material: key.material, description }),
    )
    this.#changed(key, next, outcome)
    return outcome
  }

  async #import(node: number, key: TrackedKey, next: KeyModel): Promise<Outcome> {
    const parameters = await this.#call(node, 'get-parameters-for-import', {
      key_id: key.id,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    if (parameters.kind !== 'ok') return parameters
    const { import_token, public_key } = parameters.body
    const outcome = await this.#call(node, 'import-key-material', {
      key_id: key.id,
      import_token,
      encrypted_key_material: wrap(public_key, key.material),
    })
    this.#changed(key, next, outcome)
    return outcome
  }

  #changed(key: TrackedKey, next: KeyModel, { kind }: Outcome): void {
    if (kind === 'ok') key.model = next
    if (kind !== 'unknown') return
    key.pending = next
    this.unsure.push(...this.keys.splice(this.keys.indexOf(key), 1))
  }

  #call(node: number, operation: string, data: object): Promise<Outcome> {
    return this.#ledger.call([this.#nodes, node], operation, (client) =>
      client.call(operation, data),
    )
  }

  /** Compares all keys with what a node shows, and takes over what calls without an answer did. */
  settle(shown: ReadonlyMap<string, Body>): void {
    for (const key of this.unsure.splice(0)) {
      const now = shown.get(key.id)
      assert.ok(now, `key ${key.id} is lost`)
      if (key.pending !== undefined && matches(key.pending, now)) key.model = key.pending
      key.pending = undefined
      this.keys.push(key)
    }
    for (const key of this.unanswered.splice(0)) {
      const now = shown.get(key.model.alias)
      if (now !== undefined) this.keys.push({ ...key, id: now.key_id })
    }
    for (const key of this.keys) {
      const now = shown.get(key.id)
      assert.ok(now, `key ${key.id} is lost`)
      assert.ok(matches(key.model, now), shownNext(key, now))
    }
  }
}

function shownNext(key: TrackedKey, shown: Body): string {
  return `key ${key.id} is not as it was answered: ${JSON.stringify({ shown, key: key.model })}`
}

export class Load {
  readonly ledger: Ledger
  readonly #nodes: Nodes
  readonly #callers: readonly Caller[]
  readonly #failures: unknown[] = []
  #running: Promise<unknown> | undefined
  #isOver = true

  /** Two callers of each node alone, so that each is always called, and some of all nodes. */
  constructor(nodes: Nodes, callers = 18) {
    this.#nodes = nodes
    this.ledger = new Ledger(nodes.count)
    this.#callers = Array.from(
      { length: callers },
      (_, i) => new Caller(nodes, this.ledger, i < nodes.count * 2 ? i % nodes.count : undefined),
    )
  }

  start(): void {
    this.#isOver = false
    this.#running = Promise.all(
      this.#callers.map((caller) =>
        caller.run(() => this.#isOver).catch((error) => this.#failures.push(error)),
      ),
    )
  }

  /** Waits for all answers. @throws the first failure of a caller. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
    const [failure] = this.#failures.splice(0)
    if (failure !== undefined) throw failure
  }

  /** Every key is as the callers know it, and there is no other. */
  settle(keys: readonly Body[]): void {
    const shown = new Map<string, Body>()
    for (const key of keys) shown.set(key.key_id, key).set(key.key_alias, key)
    for (const caller of this.#callers) caller.settle(shown)
    assert.equal(keys.length, this.#keys.length, 'there is no key that no caller made')
  }

  /** Brings every key back to work and opens all ciphertexts. @returns how many. */
  async openAll(client: HuaweiClient): Promise<number> {
    let opened = 0
    const work = [...this.#keys]
    const open = async (): Promise<void> => {
      for (let key = work.pop(); key !== undefined; key = work.pop()) {
        await revive(client, key)
        key.model = { ...key.model, deletion: false, disabled: false, hasMaterial: true }
        for (const { ciphertext, plaintext } of key.ciphertexts.splice(0)) {
          assert.equal(await client.decrypt(ciphertext), plaintext)
          opened++
        }
      }
    }
    await Promise.all(Array.from({ length: 16 }, open))
    return opened
  }

  get nodes(): Nodes {
    return this.#nodes
  }

  get #keys(): readonly TrackedKey[] {
    return this.#callers.flatMap(({ keys }) => keys)
  }
}
