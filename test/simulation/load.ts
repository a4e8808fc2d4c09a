/** Callers of all nodes, and what they do with a few keys. */
import { KmsError } from '../../src/domain/errors.ts'
import { createGrant, revokeGrant } from '../../src/engine/access/grants.ts'
import type { Command } from '../../src/engine/command.ts'
import {
  cancelKeyDeletion,
  createKey,
  describeKey,
  disableKey,
  enableKey,
  scheduleKeyDeletion,
} from '../../src/engine/keys/lifecycle.ts'
import {
  deleteImportedKeyMaterial,
  getImportOrRenewalParameters,
  importOrRenewKeyMaterial,
} from '../../src/engine/material/import.ts'
import { decrypt, encrypt, symmetricDefault } from '../../src/engine/operations/encryption.ts'
import type { Calls, Ending } from './calls.ts'
import type { Deployment } from './deployment.ts'
import type { SimulatedNode } from './node.ts'
import type { Scheduler } from './scheduler.ts'
import type { RequestThread } from './thread.ts'

/** A key as its callers know it. */
type KnownKey = {
  readonly id: string
  readonly material: Uint8Array | undefined
  readonly ciphertexts: Uint8Array[]
  readonly grants: string[]
}

type Asked<I, R> = {
  readonly thread: RequestThread
  readonly command: Command<I, R>
  readonly input: I
  readonly targets?: readonly string[]
  readonly userId?: string
}

const context = [] as const
/** Callers of a node that does not serve call less often. */
const unservedMs = 400

export class Load {
  readonly #scheduler: Scheduler
  readonly #calls: Calls
  readonly #deployment: Deployment
  readonly keys: KnownKey[] = []
  /** Mean pause of a caller between two calls. */
  pauseMs = 200
  isOver = false
  readonly #unserved = new Map<SimulatedNode, boolean>()
  /** When a node last recorded something for a caller. */
  readonly answeredAt = new Map<SimulatedNode, number>()

  constructor(scheduler: Scheduler, calls: Calls, deployment: Deployment) {
    this.#scheduler = scheduler
    this.#calls = calls
    this.#deployment = deployment
  }

  /** Makes the keys that all callers use. */
  async begin(node: SimulatedNode): Promise<void> {
    const { draws } = this.#scheduler
    for (const [i, origin] of (['made-here', 'external', 'external'] as const).entries()) {
      const input = { alias: `key-${i}`, description: '', spec: 'AES_256', usage: null, origin }
      const thread = node.threads[0] as RequestThread
      const made = await this.#call(node, {
        thread,
        command: createKey,
        input: { ...input, spec: 'AES_256' },
      })
      if (made === undefined) throw new TypeError('a key could not be made')
      const material = origin === 'external' ? draws.bytes(32) : undefined
      this.keys.push({ id: made.key.id, material, ciphertexts: [], grants: [] })
    }
  }

  /** A caller that calls one node again and again. */
  async caller(node: SimulatedNode, thread: RequestThread): Promise<void> {
    const { draws } = this.#scheduler
    while (!this.isOver) {
      const isServed = this.#unserved.get(node) !== true
      const pauseMs = isServed ? this.pauseMs : this.pauseMs + unservedMs
      await this.#scheduler.sleep(draws.between(0, 2 * pauseMs), 'pause')
      const key = this.keys[draws.below(this.keys.length)]
      if (key !== undefined && !this.isOver) await this.#something(node, thread, key)
    }
  }

  async #something(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const { draws } = this.#scheduler
    const key = known.id
    const kind = draws.below(100)
    const named = { thread, input: { key }, targets: [key] }
    if (kind < 35) await this.#encrypt(node, thread, known)
    else if (kind < 47) await this.#decrypt(node, thread, known)
    else if (kind < 52) await this.#call(node, { ...named, command: describeKey })
    else if (kind < 60) await this.#call(node, { ...named, command: disableKey })
    else if (kind < 69) await this.#call(node, { ...named, command: enableKey })
    else if (kind < 72) {
      const input = { key, days: 7 + draws.below(3) }
      await this.#call(node, { ...named, command: scheduleKeyDeletion, input })
    } else if (kind < 77) await this.#call(node, { ...named, command: cancelKeyDeletion })
    else if (kind < 80) await this.#call(node, { ...named, command: deleteImportedKeyMaterial })
    else if (kind < 88) await this.#import(node, thread, known)
    else if (kind < 91) await this.#grant(node, thread, known)
    else if (kind < 93) await this.#revoke(node, thread, known)
    else await this.#useGrant(node, thread, known)
  }

  async #encrypt(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const sealed = await this.#call(node, { thread, command: encrypt, ...plain(known.id) })
    if (sealed !== undefined) known.ciphertexts.push(sealed.ciphertext)
  }

  async #decrypt(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const ciphertext = known.ciphertexts.at(-1)
    if (ciphertext === undefined) return
    const input = { ciphertext, key: known.id, context, algorithm: symmetricDefault }
    await this.#call(node, { thread, command: decrypt, input, targets: [known.id] })
  }

  async #import(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const { draws } = this.#scheduler
    const key = known.id
    const named = { key, wrappingAlgorithm: 'RSAES_OAEP_SHA_256' } as const
    const command = getImportOrRenewalParameters
    const got = await this.#call(node, { thread, command, input: named, targets: [key] })
    if (got === undefined || known.material === undefined) return
    if (draws.chance(0.3)) await this.#scheduler.sleep(draws.between(0, 500), 'wrap')
    if (this.isOver) return
    const expiresAt = draws.chance(0.6)
      ? Math.floor(node.parts.clock.wallNow() + draws.between(5, 3000))
      : null
    const input = {
      key,
      token: got.token,
      wrappedMaterial: known.material,
      wrappedPrivateKey: undefined,
    }
    await this.#call(node, {
      thread,
      command: importOrRenewKeyMaterial,
      input: { ...input, expiresAt },
      targets: [key],
    })
  }

  async #grant(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const terms = {
      key: known.id,
      grantee: this.#deployment.auditorId,
      granteeType: 'user' as const,
      operations: ['encrypt' as const],
      name: null,
      retiring: null,
    }
    const targets = [known.id]
    const made = await this.#call(node, { thread, command: createGrant, input: terms, targets })
    if (made !== undefined) known.grants.push(made.grantId)
  }

  async #revoke(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const grantId = known.grants.shift()
    if (grantId === undefined) return
    const targets = [known.id, grantId]
    const input = { key: known.id, grantId }
    await this.#call(node, { thread, command: revokeGrant, input, targets })
  }

  async #useGrant(node: SimulatedNode, thread: RequestThread, known: KnownKey): Promise<void> {
    const userId = this.#deployment.auditorId
    await this.#call(node, { thread, command: encrypt, ...plain(known.id), userId })
  }

  /** One call, from its beginning to its end. @returns its result if it succeeded. */
  async #call<I, R>(node: SimulatedNode, asked: Asked<I, R>): Promise<R | undefined> {
    const { thread, command, input, targets = [], userId = this.#deployment.adminId } = asked
    const requestId = this.#scheduler.draws.bytes(16).toHex()
    const { process } = node
    const call = this.#calls.begin({ requestId, operation: command.name, targets, process })
    let result: R | undefined
    let ending: Ending = 'done'
    try {
      result = await thread.call(requestId, userId, command, input)
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      ending = endingOf(error)
    }
    this.#scheduler.note(`${command.name} ${requestId.slice(0, 6)} ${ending}`)
    this.#calls.end(call, ending)
    this.#unserved.set(node, ending === 'unavailable')
    if (ending === 'done' || ending.startsWith('refused'))
      this.answeredAt.set(node, this.#scheduler.now)
    return result
  }
}

function endingOf({ code, message }: KmsError): Ending {
  if (code !== 'audit-unavailable') return `refused: ${code}`
  return message.includes('did not say in time') ? 'unknown' : 'unavailable'
}

/** The plaintext is given up: it is wiped. */
function plain(key: string) {
  const plaintext = Uint8Array.from([1, 2, 3])
  return {
    input: { key, plaintext, context, algorithm: symmetricDefault },
    targets: [key],
  }
}
