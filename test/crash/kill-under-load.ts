/**
 * Random SIGKILLs under load: nothing acknowledged is lost, nothing is half done, the next start
 * needs no help.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Body, HuaweiClient } from '../e2e/client.ts'
import { newFolder, TestServer } from '../e2e/server.ts'
import { until } from '../e2e/until.ts'
import { isDeepRun } from '../tiers.ts'
import { AuditCheck, type Snapshot } from './audit-check.ts'
import {
  anyChange,
  creationOf,
  isUsable,
  matches,
  newTrackedKey,
  revive,
  send,
  type TrackedKey,
} from './key-model.ts'

/**
 * With one request thread and with two: 100 together in the deep tests; fewer on a database, where
 * every commit waits for the network.
 */
const killsOnFile = isDeepRun ? 30 : 2
const killsOnDatabase = Math.ceil(killsOnFile * 0.4)
const clients = 32
const keysPerClient = 3
const ciphertextsPerKey = 3

/** One client's keys and the calls it knows to be acknowledged. */
class Load {
  readonly keys: TrackedKey[] = []
  /** Aliases of creations that were not answered, with what they would have made. */
  readonly unanswered: TrackedKey[] = []
  readonly acknowledged: string[] = []

  /** Calls until the server is gone. */
  async run(client: HuaweiClient): Promise<void> {
    for (;;) {
      try {
        const key =
          this.keys.length < keysPerClient ? undefined : this.keys[randomInt(this.keys.length)]
        if (key === undefined) await this.#create(client)
        else if (isUsable(key) && randomInt(2) === 0) await this.#encrypt(client, key)
        else await this.#change(client, key)
      } catch (error) {
        if (isGone(error)) return
        throw error
      }
    }
  }

  async #create(client: HuaweiClient): Promise<void> {
    const key = newTrackedKey()
    this.unanswered.push(key)
    const { status, body, headers } = await client.call('create-key', creationOf(key))
    assert.equal(status, 200, JSON.stringify(body))
    this.unanswered.pop()
    key.id = body.key_info.key_id
    this.keys.push(key)
    this.acknowledged.push(headers['x-request-id'] as string)
  }

  async #encrypt(client: HuaweiClient, key: TrackedKey): Promise<void> {
    const plaintext = crypto.randomUUID()
    const { status, body, headers } = await client.call('encrypt-data', {
      key_id: key.id,
      plain_text: plaintext,
    })
    assert.equal(status, 200, JSON.stringify(body))
    this.acknowledged.push(headers['x-request-id'] as string)
    if (key.ciphertexts.length < ciphertextsPerKey)
      key.ciphertexts.push({ ciphertext: body.cipher_text, plaintext })
  }

  async #change(client: HuaweiClient, key: TrackedKey): Promise<void> {
    const { operation, description, next } = anyChange(key.model)
    key.pending = next
    const { status, body, headers } = await send(client, key.id, operation, {
      material: key.material,
      description,
    })
    assert.equal(status, 200, `${operation}: ${JSON.stringify(body)}`)
    key.model = next
    key.pending = undefined
    this.acknowledged.push(headers['x-request-id'] as string)
  }

  /**
   * Compares every key with what the server shows now; takes over what an unanswered call did, if
   * it did it all.
   */
  settle(shown: ReadonlyMap<string, Body>, byAlias: ReadonlyMap<string, Body>): void {
    for (const key of this.keys) {
      const now = shown.get(key.id)
      assert.ok(now, `key ${key.id} is lost`)
      if (key.pending !== undefined && matches(key.pending, now)) key.model = key.pending
      assert.ok(
        matches(key.model, now),
        `key ${key.id} is half done: ${JSON.stringify({ now, key })}`,
      )
      key.pending = undefined
    }
    for (const key of this.unanswered.splice(0)) {
      const now = byAlias.get(key.model.alias)
      if (now === undefined) continue
      assert.ok(matches(key.model, now))
      this.keys.push({ ...key, id: now.key_id })
    }
  }
}

export type OnDatabase = { readonly url: () => string; readonly snapshot: Snapshot }

export function killUnderLoad(workers: number, database?: OnDatabase): void {
  const kills = database === undefined ? killsOnFile : killsOnDatabase
  test(`${kills} random kills under load of ${clients} clients, ${workers} request thread(s)`, {
    timeout: 600_000,
  }, async () => {
    const data = newFolder()
    const audit = new AuditCheck(data, database?.snapshot)
    const store = database === undefined ? [] : ['--database-url', database.url()]
    const loads = Array.from({ length: clients }, () => new Load())
    let acknowledged = 0
    const least = kills * (database === undefined ? clients : clients / 4)
    const sum = (): number => loads.reduce((all, load) => all + load.acknowledged.length, 0)
    let server: TestServer | undefined
    try {
      for (let kill = 0; kill <= kills; kill++) {
        server = await TestServer.start({ data, flags: ['--workers', String(workers), ...store] })
        const client = server.client(clients)
        await check(client, audit, loads)
        acknowledged += sum()
        for (const load of loads) load.acknowledged.length = 0
        if (kill === kills) {
          await audit.rows()
          await reviveAll(client, loads)
          client.close()
          await server.stop()
          break
        }
        const running = loads.map((load) => load.run(client))
        await sleep(randomInt(20, 350))
        // Every second kill waits until there was load: this does not test how fast a machine is.
        if (kill % 2 === 1 || kill === kills - 1)
          await until(() => acknowledged + sum() > (least * (kill + 1)) / kills, 60_000)
        await server.signal('SIGKILL')
        await Promise.all(running)
        client.close()
      }
      assert.ok(
        acknowledged > least,
        `only ${acknowledged} calls were acknowledged: that is no load`,
      )
    } finally {
      // Clients keep calling as long as there is a server: one that outlives a failure would keep
      // the test from ending.
      if (server?.hasEnded === false) await server.signal('SIGKILL')
      rmSync(data, { recursive: true, force: true })
    }
  })
}

async function check(
  client: HuaweiClient,
  audit: AuditCheck,
  loads: readonly Load[],
): Promise<void> {
  const { key_details, total } = await client.ok('list-keys', { key_spec: 'ALL', limit: 2000 })
  const shown = new Map<string, Body>(key_details.map((key: Body) => [key.key_id, key]))
  const byAlias = new Map<string, Body>(key_details.map((key: Body) => [key.key_alias, key]))
  for (const load of loads) load.settle(shown, byAlias)
  assert.equal(
    total,
    loads.reduce((sum, load) => sum + load.keys.length, 0),
    'there is no key that no client made',
  )
  await audit.run()
  for (const id of loads.flatMap((load) => load.acknowledged))
    assert.equal(audit.outcomes.get(id), 'ok', `no record of call ${id}`)
  await decryptAll(client, loads.flatMap((load) => load.keys).filter(isUsable))
}

async function decryptAll(client: HuaweiClient, keys: readonly TrackedKey[]): Promise<void> {
  const all = keys.flatMap(({ ciphertexts }) => ciphertexts)
  await Promise.all(
    all.map(async ({ ciphertext, plaintext }) =>
      assert.equal(await client.decrypt(ciphertext), plaintext),
    ),
  )
}

/**
 * At the end every key is brought back to work, and every acknowledged ciphertext that was kept
 * opens.
 */
async function reviveAll(client: HuaweiClient, loads: readonly Load[]): Promise<void> {
  const keys = loads.flatMap((load) => load.keys)
  for (const key of keys) await revive(client, key)
  await decryptAll(client, keys)
}

function isGone(error: unknown): boolean {
  const { code, message = '' } = error as NodeJS.ErrnoException
  return (
    ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(code ?? '') ||
    message.includes('aborted') ||
    message.includes('socket hang up')
  )
}
