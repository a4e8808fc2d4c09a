/** A fault under load, and what must hold after it. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AuditCheck, snapshotOf } from '../crash/audit-check.ts'
import { type Body, HuaweiClient } from '../e2e/client.ts'
import { until } from '../e2e/until.ts'
import { Sql } from '../fakes/postgres.ts'
import { Load } from './load.ts'
import { Nodes } from './nodes.ts'

/** A node serves again within this after a fault is over; generous, as the machine is shared. */
const boundMs = 25_000

/** Nodes with a load, and the ledger of what was answered. */
export class Deployment {
  readonly nodes: Nodes
  readonly load: Load
  readonly #audit: AuditCheck
  readonly #url: () => string
  #sql: Sql | undefined

  private constructor(nodes: Nodes, url: () => string) {
    this.nodes = nodes
    this.load = new Load(nodes)
    this.#url = url
    this.#audit = new AuditCheck(
      '',
      snapshotOf(() => this.#sql as Sql),
    )
  }

  /**
   * @param urls database of each node, by the way that it takes to it.
   * @param url the database as it is reached now without a node.
   */
  static async start(urls: readonly string[], url: () => string): Promise<Deployment> {
    return new Deployment(await Nodes.start(urls), url)
  }

  /**
   * Runs a fault under load, and compares everything that was answered with what the log, the keys
   * and the ciphertexts say afterwards.
   * @param fault resolves when it is over: from then on each node must serve again within the
   * bound.
   */
  async endures(t: TestContext, fault: () => Promise<unknown>): Promise<void> {
    const { ledger } = this.load
    const before = { ok: ledger.acknowledgedInAll, unknown: ledger.unknownInAll }
    ledger.longestMs = 0
    await this.#startMissing()
    this.load.start()
    let from = performance.now()
    let over = from
    try {
      await this.#served(from, 25)
      from = performance.now()
      await fault()
      over = performance.now()
      await this.#served(over, 1)
      await sleep(500)
    } finally {
      await this.load.stop()
    }
    const to = performance.now()
    const gap = (node?: number): string => seconds(ledger.longestGap(from, to, node))
    const back = this.#each((node) => (ledger.firstOk(node, over) ?? to) - over)
    t.diagnostic(
      `longest time without an ok: ${gap()} (of each node: ${this.#each(gap).join(', ')}); ` +
        `first ok after it was over: ${back.map(seconds).join(', ')}; longest call ${seconds(ledger.longestMs)}`,
    )
    await this.#check(t, before)
  }

  /** What was answered is in the log, in the keys and in the ciphertexts. */
  async #check(t: TestContext, before: { ok: number; unknown: number }): Promise<void> {
    const { ledger } = this.load
    assert.deepEqual(this.nodes.ended.splice(0), [], 'no node ends by itself')
    const client = this.#ownClient()
    this.load.settle(await allKeys(client))
    const sql = new Sql(this.#url())
    this.#sql = sql
    await this.#audit.runWithRows().finally(() => sql.end())
    const lost = [...ledger.acknowledged].filter(([id]) => this.#audit.outcomes.get(id) !== 'ok')
    assert.deepEqual(lost, [], 'acknowledged calls without a record')
    const done = [...ledger.refused].filter((id) => this.#audit.outcomes.get(id) === 'ok')
    assert.deepEqual(done, [], 'calls that were refused as not done, with a record')
    const opened = await this.load.openAll(client)
    t.diagnostic(
      `${ledger.acknowledgedInAll - before.ok} acknowledged, 0 lost; ${ledger.refused.size} refused, ` +
        `${ledger.unknownInAll - before.unknown} unknown; ${opened} ciphertexts opened; ${this.#audit.outcomes.size} records`,
    )
    ledger.acknowledged.clear()
    ledger.refused.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodes[Symbol.asyncDispose]()
  }

  /** Each node has acknowledged calls since an instant. */
  async #served(from: number, count: number): Promise<void> {
    const { ledger } = this.load
    const hasServed = (): boolean =>
      this.#each((node) => ledger.okSince(node, from) >= count).every(Boolean)
    const isLost = (): boolean => this.nodes.ended.length > 0
    await until(() => hasServed() || isLost(), boundMs).catch(() => {
      const counts = this.#each((node) => ledger.okSince(node, from))
      throw new Error(`not all nodes served within ${boundMs} ms: ${counts} calls acknowledged`)
    })
  }

  #each<T>(what: (node: number) => T): T[] {
    return Array.from({ length: this.nodes.count }, (_, node) => what(node))
  }

  /** After a scenario that failed, so that the next one has all nodes. */
  async #startMissing(): Promise<void> {
    await Promise.all(
      this.#each(
        async (node) => this.nodes.client(node) === undefined && (await this.nodes.restart(node)),
      ),
    )
  }

  /**
   * Without connections that it keeps: the check of the log blocks this process, which would not
   * notice that a node has closed one.
   */
  #ownClient(): HuaweiClient {
    const client = this.#each((node) => this.nodes.client(node)).find((one) => one !== undefined)
    if (client === undefined) throw new Error('no node runs')
    return new HuaweiClient(client.url, client.credentials, 16, false)
  }
}

async function allKeys(client: HuaweiClient): Promise<Body[]> {
  const keys: Body[] = []
  for (let marker: string | undefined; ; ) {
    const page = await client.ok('list-keys', {
      key_spec: 'ALL',
      limit: 1000,
      ...(marker !== undefined && { marker }),
    })
    keys.push(...page.key_details)
    if (page.truncated !== 'true') return keys
    marker = page.next_marker
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
