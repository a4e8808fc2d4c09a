/**
 * A simulation of one seed: nodes, their database, callers, an operator, and what goes wrong. Which
 * faults there are is drawn for each seed, so that some runs are about one of them alone.
 */
import type { Journal, Submission } from '../../src/ports/journal.ts'
import type { StoreWriter } from '../../src/ports/store.ts'
import { Calls, Receipts } from './calls.ts'
import { Chaos } from './chaos.ts'
import { DriftingClock } from './clocks.ts'
import { type Deployment, deploymentOf } from './deployment.ts'
import { faultsAtEnd, isIntegrated } from './end.ts'
import { Load } from './load.ts'
import { SimulatedNode } from './node.ts'
import { Operator } from './operator.ts'
import { Oracle } from './oracle.ts'
import { Draws, Process, Scheduler } from './scheduler.ts'
import { Database } from './store/database.ts'

/** A defect that is put in: the simulation must find it. */
export type Mutant = {
  readonly grantsAllLocks?: boolean
  readonly storeOf?: (store: StoreWriter) => StoreWriter
  readonly journalOf?: (journal: Journal) => Journal
}

export type Outcome = {
  readonly seed: number
  readonly hash: string
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  readonly steps: number
  /** How many calls ended how, and how often which fault happened. */
  readonly counts: ReadonlyMap<string, number>
}

const longestMs = 400_000
const chaosMs = 3500
/** Within this time after all faults every node serves again. */
const healedMs = 120_000
const lookMs = 700
const fewer = 8
/** A node that does not serve for that long is started again. */
const patienceMs = 12_000

class World {
  readonly #scheduler: Scheduler
  readonly #deployment: Deployment
  readonly #mutant: Mutant
  readonly #database: Database
  readonly #databaseClock: DriftingClock
  readonly #oracle: Oracle
  readonly #calls: Calls
  readonly #receipts = new Receipts()
  readonly #load: Load
  readonly #nodes: readonly [SimulatedNode, ...SimulatedNode[]]
  readonly #chaos: Chaos
  readonly #operator: Operator
  readonly #violations: string[] = []
  #isOver = false
  #isServing = false

  constructor(scheduler: Scheduler, deployment: Deployment, mutant: Mutant) {
    const { draws } = scheduler
    const onViolation = (what: string): void => this.#violated(what)
    this.#scheduler = scheduler
    this.#deployment = deployment
    this.#mutant = mutant
    this.#databaseClock = new DriftingClock(scheduler, 0, draws.between(-1e-3, 1e-3))
    this.#oracle = new Oracle(onViolation)
    this.#calls = new Calls(this.#oracle, onViolation)
    this.#database = new Database({
      scheduler,
      clock: () => this.#databaseClock.wallNow(),
      observer: this.#oracle,
      rows: deployment.rows,
      grantsAll: mutant.grantsAllLocks === true,
    })
    this.#load = new Load(scheduler, this.#calls, deployment)
    this.#operator = new Operator(scheduler)
    const latencyMs = draws.chance(0.4) ? draws.between(4, 15) : draws.between(0.2, 2)
    const others = Array.from({ length: 1 + draws.below(2) }, (_, i) =>
      this.#node(i + 1, latencyMs),
    )
    this.#nodes = [this.#node(0, latencyMs), ...others]
    this.#chaos = new Chaos({
      scheduler,
      database: this.#database,
      databaseClock: this.#databaseClock,
      nodes: this.#nodes,
      load: this.#load,
      oracle: this.#oracle,
    })
  }

  /** @param readsLogs whether all records are read again at the end. */
  async run(readsLogs: boolean): Promise<string[]> {
    const live = (): void => void this.#live()
    this.#scheduler.after(0, 'world', live, new Process('world'))
    await this.#scheduler.run(() => this.#isOver || this.#violations.length > 0, longestMs)
    if (this.#violations.length > 0) return this.#violations
    if (!this.#isOver) return ['the simulation did not end']
    this.#calls.checkAll()
    const { state } = this.#database
    const faults = await faultsAtEnd(state, this.#deployment, this.#oracle, readsLogs)
    return [...this.#violations, ...faults]
  }

  get counts(): Map<string, number> {
    return new Map([...this.#calls.counts, ...this.#chaos.counts])
  }

  async #live(): Promise<void> {
    const [first] = this.#nodes
    for (const node of this.#nodes) node.start()
    await this.#until(() => this.#nodes.every(({ state }) => state === 'up'), 10_000, 'start')
    const begin = (): void => void this.#load.begin(first).then(() => (this.#isServing = true))
    this.#scheduler.after(0, 'first keys', begin, first.process)
    await this.#until(() => this.#isServing, 10_000, 'make keys')
    for (const node of this.#nodes) this.#serve(node)
    this.#scheduler.every(lookMs, 'operator looks', () => {
      for (const node of this.#nodes) this.#operator.look(node)
    })
    await this.#chaos.rage(chaosMs)
    await this.#heal()
    this.#load.isOver = true
    await this.#until(() => this.#calls.underWay === 0, 20_000, 'answer all calls')
    await this.#until(() => isIntegrated(this.#database.state), 20_000, 'integrate their logs')
    this.#isOver = true
  }

  /** All nodes serve again. */
  async #heal(): Promise<void> {
    this.#chaos.calm()
    this.#operator.willingness = 1
    const since = this.#scheduler.now
    const serves = (node: SimulatedNode): boolean => (this.#load.answeredAt.get(node) ?? 0) > since
    const restart = (): void => {
      for (const node of this.#nodes)
        if (!serves(node) && !this.#load.isOver) this.#operator.restart(node)
    }
    this.#scheduler.every(patienceMs, 'who does not serve', restart)
    await this.#until(() => this.#nodes.every(serves), healedMs, 'serve again')
  }

  async #until(isTrue: () => boolean, ms: number, what: string): Promise<void> {
    const until = this.#scheduler.now + ms
    while (!isTrue()) {
      await this.#scheduler.sleep(100, 'wait')
      if (this.#scheduler.now > until) return this.#violated(`the nodes do not ${what}`)
    }
  }

  #serve(node: SimulatedNode): void {
    if (!this.#isServing) return
    for (const thread of node.threads)
      for (let i = 0; i < 2; i++) {
        const call = (): void => void this.#load.caller(node, thread)
        this.#scheduler.after(0, 'caller', call, node.process)
      }
  }

  #node(number: number, latencyMs: number): SimulatedNode {
    const scheduler = this.#scheduler
    const { draws } = scheduler
    const uptime = draws.chance(0.2) ? 5000 : 3_600_000
    const drift = draws.between(-2e-3, 2e-3)
    const node: SimulatedNode = new SimulatedNode({
      id: `${number}${number}`.padEnd(16, 'ab'),
      lanes: draws.chance(0.5) ? 2 : 1,
      threads: 1 + draws.below(2),
      scheduler,
      database: this.#database,
      deployment: this.#deployment,
      clock: new DriftingClock(scheduler, draws.between(-500, 500), drift, uptime),
      weather: { latencyMs, slow: 0, refused: 0, lostBefore: 0, lostAfter: 0 },
      journalOf: (journal) => this.#watched(this.#mutant.journalOf?.(journal) ?? journal),
      storeOf: (store) => this.#mutant.storeOf?.(store) ?? store,
      onUp: () => this.#serve(node),
      onDown: (process) => this.#calls.cut(process),
      onDefect: (what) => this.#violated(what),
      versionOfMark: (mark) => this.#oracle.versionOfMark(mark),
    })
    return node
  }

  #watched(journal: Journal): Journal {
    return {
      decidingNow: () => journal.decidingNow(),
      agreedNow: () => journal.agreedNow(),
      submit: (submission: Submission, done) => {
        this.#oracle.submitted(submission)
        journal.submit(submission, (receipt) => {
          if (!this.#receipts.isFirst(submission)) this.#violated(`a second answer: ${receipt}`)
          done(receipt)
        })
      },
    }
  }

  #violated(what: string): void {
    this.#scheduler.note(`VIOLATION: ${what}`)
    this.#violations.push(what)
  }
}

/** Runs a seed. @param keepsTrace whether the outcome has its trace. */
export async function simulate(
  seed: number,
  mutant: Mutant = {},
  keepsTrace = false,
): Promise<Outcome> {
  const deployment = await deploymentOf()
  const scheduler = new Scheduler(new Draws(seed), keepsTrace)
  using _timers = scheduler.install()
  const world = new World(scheduler, deployment, mutant)
  const violations = await world.run(keepsTrace || seed % fewer === 0)
  const { steps, lines: trace } = scheduler
  return { seed, hash: scheduler.digest(), violations, trace, steps, counts: world.counts }
}
