/**
 * One node: what its threads run, in one process that can die at any moment. What it remembers
 * outside the database are its ID and its marks.
 */

import { withLoss } from '../../src/audit/epochs.ts'
import { Integrator } from '../../src/audit/integrator.ts'
import { NodeLog } from '../../src/audit/log.ts'
import { isDamage } from '../../src/domain/damaged-row.ts'
import { KmsError } from '../../src/domain/errors.ts'
import { versionOf } from '../../src/domain/rows.ts'
import { DueWork } from '../../src/engine/service/due-work.ts'
import { commitEpoch } from '../../src/ports/epoch-change.ts'
import { type Journal, submitOwn } from '../../src/ports/journal.ts'
import { isUnavailable, type StoreReader, type StoreWriter } from '../../src/ports/store.ts'
import { DatabaseClock } from '../../src/runtime/database-clock.ts'
import type { FromWriter } from '../../src/runtime/messages.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { WriterLoop } from '../../src/runtime/writer-loop.ts'
import { Losses } from '../../src/server/commands/losses.ts'
import { type Mark, marksOf, marksText } from '../../src/server/node/marks.ts'
import { type NodeState, nodeState } from '../../src/server/node/state.ts'
import type { DriftingClock } from './clocks.ts'
import type { Deployment } from './deployment.ts'
import { Process, type Scheduler } from './scheduler.ts'
import type { Database } from './store/database.ts'
import { type LinkParts, SimulatedWriter, type Weather } from './store/links.ts'
import { SimulatedReader } from './store/reader.ts'
import { RequestThread } from './thread.ts'

/** What a node knows of the logs that it writes: of each the last head that it saw committed. */
export type Knowledge = ReadonlyMap<string, KnownHead>
type KnownHead = { readonly version: string; readonly epoch: number; readonly timeFloor: number }

/** Whose transaction it is, as the observer of the database sees it. */
export type Owner = { readonly node: SimulatedNode; readonly known: Knowledge }

export type NodeParts = {
  readonly id: string
  readonly lanes: number
  readonly threads: number
  readonly scheduler: Scheduler
  readonly database: Database
  readonly deployment: Deployment
  readonly clock: DriftingClock
  readonly weather: Weather
  /** Defects, and what watches the calls. */
  readonly journalOf: (journal: Journal, node: SimulatedNode) => Journal
  readonly storeOf: (store: StoreWriter) => StoreWriter
  readonly onUp: (node: SimulatedNode) => void
  readonly onDown: (process: Process) => void
  /** What must never happen. */
  readonly onDefect: (what: string) => void
  readonly versionOfMark: (mark: Mark) => string | undefined
}

const everyMs = 1000
const beatMs = 7000

export class SimulatedNode {
  readonly parts: NodeParts
  process = new Process('nobody')
  state: 'down' | 'starting' | 'refusing' | 'up' = 'down'
  threads: readonly RequestThread[] = []
  losses: Losses | undefined
  #marks: string | undefined
  #known = new Map<string, KnownHead>()
  #links: { close(): void }[] = []
  #starts = 0

  constructor(parts: NodeParts) {
    this.parts = parts
  }

  get name(): string {
    return `node-${this.parts.id.slice(0, 2)}`
  }

  /** @param despiteLoss whether an operator is about to accept what was lost. */
  start(despiteLoss = false): void {
    if (this.state !== 'down' && this.state !== 'refusing') return
    const { scheduler } = this.parts
    this.process = new Process(`${this.name}.${++this.#starts}`)
    this.state = 'starting'
    const begin = (): void => {
      this.#boot(despiteLoss).catch((error: unknown) => {
        if (!isUnavailable(error)) this.parts.onDefect(`a node does not start: ${error}`)
        this.crash()
      })
    }
    scheduler.after(1, 'start', begin, this.process)
  }

  crash(): void {
    this.process.isDead = true
    this.state = 'down'
    this.losses = undefined
    this.threads = []
    for (const link of this.#links.splice(0)) link.close()
    this.parts.onDown(this.process)
  }

  async #boot(despiteLoss: boolean): Promise<void> {
    const { deployment, scheduler, id, lanes } = this.parts
    const reader = this.#reader()
    const found = await nodeState(reader, {
      folder: { file: (name) => name, read: (name) => this.#fileOf(name) },
      random: scheduler.draws,
      keyring: deployment.keyring,
      deployment: deployment.id,
      store: { kind: 'postgres' } as Parameters<typeof nodeState>[1]['store'],
    })
    if (found.heads[0]?.id !== id) throw new TypeError('a node has the log of another')
    if (found.loss !== undefined && !despiteLoss) return this.#refuse(found, found.loss)
    this.#known = this.#remembered()
    scheduler.note(`up at epoch ${found.epoch?.epoch ?? 0}, loss ${found.loss}`)
    await this.#run({ ...found, heads: found.heads.slice(0, lanes) }, reader)
  }

  /** As refuseAfterLoss does. */
  async #refuse({ epoch }: NodeState, loss: string): Promise<void> {
    const { keyring, id } = this.parts.deployment
    const { rowMac } = keyring
    if ((epoch?.lost ?? null) === null)
      await commitEpoch(this.#writer(), withLoss(rowMac, id, { current: epoch }, loss))
    this.crash()
    this.state = 'refusing'
  }

  async #run(found: NodeState, reader: StoreReader): Promise<void> {
    const { scheduler, clock, deployment, threads } = this.parts
    const { rowMac } = deployment.keyring
    const integrator = new Integrator({
      deployment: deployment.id,
      rowMac,
      store: this.#writer(),
    })
    const ofDatabase = new DatabaseClock(clock)
    await this.#integrate(integrator, ofDatabase)
    const time = new TimeKeeper(ofDatabase, found.timeFloor)
    const start = { epoch: found.epoch, lost: found.loss }
    const logs = found.heads.map((head) => new NodeLog(deployment.id, rowMac, head, start))
    this.threads = Array.from(
      { length: threads },
      () => new RequestThread(this, reader, found.timeFloor),
    )
    const ports = this.threads.map(({ writerPort }) => writerPort)
    const loop = this.#loop(logs, time, ofDatabase, ports)
    loop.eraseLeftover()
    const tellTime = (): void => {
      const told = { clock: time.watch(), timeFloor: time.follow() }
      const aheadMs = Math.round(ofDatabase.aheadMs)
      for (const port of ports)
        port.postMessage({ kind: 'time', ...told, aheadMs } satisfies FromWriter)
    }
    tellTime()
    let isIntegrating = false
    scheduler.every(everyMs, 'tick', async () => {
      tellTime()
      this.#mark(logs)
      if (isIntegrating) return
      isIntegrating = true
      await this.#integrate(integrator, ofDatabase)
      isIntegrating = false
    })
    this.#serve(reader, found.loss)
  }

  #loop(
    logs: readonly NodeLog[],
    time: TimeKeeper,
    clock: DatabaseClock,
    ports: RequestThread['writerPort'][],
  ): WriterLoop {
    const stores = logs.map(() => this.parts.storeOf(this.#learning(this.#writer())))
    const writers = logs.map((log, i) => {
      const siblings = logs.filter((one) => one !== log)
      return new Writer({ store: stores[i] as StoreWriter, log, siblings, time, clock })
    })
    return new WriterLoop({
      writers,
      ports,
      onGroup: () => {},
      onFatal: (error) => {
        this.parts.onDefect(`the outcome of a group is not known: ${error}`)
        this.crash()
      },
      erasure: { erase: () => stores[0]?.eraseDeleted() ?? Promise.resolve(true) },
    })
  }

  #serve(reader: StoreReader, atStart: string | undefined): void {
    const { deployment, scheduler, clock } = this.parts
    const [main] = this.threads
    if (main === undefined) throw new TypeError('a node has threads')
    const random = scheduler.draws
    this.losses = new Losses({
      journal: main.watched,
      reader,
      random,
      deployment: deployment.id,
      atStart,
    })
    const dueWork = new DueWork({
      engine: main.engine,
      reader,
      projects: main.caches.projects,
      clock,
      random,
      missedDeletionWaitMs: 0,
      damagedKept: 10,
      onDamaged: (damaged) => this.parts.onDefect(`a row is damaged: ${JSON.stringify(damaged)}`),
    })
    let isWorking = false
    scheduler.every(2 * everyMs, 'due work', async () => {
      if (isWorking) return
      isWorking = true
      await this.#dueWork(dueWork)
      isWorking = false
    })
    scheduler.every(beatMs, 'beat', () => void submitOwn(main.watched, {}))
    this.state = 'up'
    this.parts.onUp(this)
  }

  async #dueWork(work: DueWork): Promise<void> {
    try {
      while ((await work.run()) > 0);
    } catch (error) {
      if (!isUnavailable(error)) this.parts.onDefect(`due work: ${error}`)
    }
  }

  async #integrate(integrator: Integrator, clock: DatabaseClock): Promise<void> {
    try {
      const { clockAt } = await integrator.round()
      if (clockAt !== undefined) clock.hear(clockAt)
    } catch (error) {
      if (!(error instanceof KmsError) || isDamage(error)) this.parts.onDefect(`a round: ${error}`)
    }
  }

  #mark(logs: readonly NodeLog[]): void {
    const marks = marksOf(logs)
    if (marks !== undefined) this.#marks = marksText(marks)
  }

  #fileOf(name: string): Buffer | undefined {
    if (name === 'node') return Buffer.from(this.parts.id)
    return this.#marks === undefined ? undefined : Buffer.from(this.#marks)
  }

  /** What the marks say of its logs. */
  #remembered(): Map<string, KnownHead> {
    const marks = JSON.parse(this.#marks ?? '[]') as readonly (Omit<Mark, 'frontier'> & {
      readonly frontier: string
    })[]
    const known = new Map<string, KnownHead>()
    for (const { frontier, ...mark } of marks) {
      const version = this.parts.versionOfMark({ ...mark, frontier: Uint8Array.fromHex(frontier) })
      if (version !== undefined) known.set(mark.log, { version, epoch: mark.epoch, timeFloor: 0 })
    }
    return known
  }

  #linkParts(): LinkParts {
    const { scheduler, database, weather } = this.parts
    return { scheduler, database, weather, process: this.process }
  }

  #reader(): StoreReader {
    const reader = new SimulatedReader(this.#linkParts())
    this.#links.push(reader)
    return reader.whole
  }

  #writer(): StoreWriter {
    const owner = (): Owner => ({ node: this, known: new Map(this.#known) })
    const writer = new SimulatedWriter(this.#linkParts(), owner)
    this.#links.push(writer)
    return writer
  }

  /** Keeps what is known of the logs up to date. */
  #learning(store: StoreWriter): StoreWriter {
    return {
      begin: (plan) => store.begin(plan),
      row: (table, id) => store.row(table, id),
      scan: (table, afterId, limit) => store.scan(table, afterId, limit),
      apply: (writes) => store.apply(writes),
      commit: async (group, head) => {
        await store.commit(group, head)
        const { id, epoch, timeFloor } = head
        this.#known.set(id, { version: versionOf(head), epoch: epoch ?? 0, timeFloor })
      },
      commitAlone: () => store.commitAlone(),
      rollback: () => store.rollback(),
      eraseDeleted: () => store.eraseDeleted(),
      close: () => store.close(),
    }
  }
}
