/** What goes wrong: faults of all kinds, drawn from those that a run is about. */
import type { DriftingClock } from './clocks.ts'
import type { Load } from './load.ts'
import type { SimulatedNode } from './node.ts'
import type { Oracle } from './oracle.ts'
import type { Scheduler } from './scheduler.ts'
import type { Database } from './store/database.ts'

const kinds = [
  'crash',
  'went back',
  'outage',
  'database clock',
  'node clock',
  'all clocks',
  'weather',
  'load',
] as const
type Kind = (typeof kinds)[number]

type Parts = {
  readonly scheduler: Scheduler
  readonly database: Database
  readonly databaseClock: DriftingClock
  readonly nodes: readonly [SimulatedNode, ...SimulatedNode[]]
  readonly load: Load
  readonly oracle: Oracle
}

const calm = { slow: 0, refused: 0, lostBefore: 0, lostAfter: 0 }

export class Chaos {
  readonly #parts: Parts
  readonly #kinds: readonly Kind[]
  /** How often which fault happened. */
  readonly counts = new Map<Kind, number>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#kinds = kinds.filter(() => parts.scheduler.draws.chance(0.5))
  }

  /** Faults follow each other for a while. */
  async rage(forMs: number): Promise<void> {
    const { scheduler } = this.#parts
    const { draws } = scheduler
    const [first, ...others] = this.#kinds
    const until = scheduler.now + forMs
    while (first !== undefined && scheduler.now < until) {
      await scheduler.sleep(draws.between(50, 1500), 'fault')
      const kind = draws.pick([first, ...others])
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
      scheduler.note(`fault: ${kind}`)
      this.#happen(kind)
    }
  }

  /** Nothing goes wrong from now on; clocks are set right. */
  calm(): void {
    const { nodes, database, databaseClock, load } = this.#parts
    database.afterCommit = undefined
    load.pauseMs = 400
    for (const { parts } of nodes) {
      Object.assign(parts.weather, calm)
      parts.clock.set(databaseClock.wallNow())
    }
  }

  #happen(kind: Kind): void {
    const { scheduler, database, databaseClock, nodes, load } = this.#parts
    const { draws } = scheduler
    const node = draws.pick(nodes)
    if (kind === 'crash') node.crash()
    else if (kind === 'went back') database.goBack(draws.chance(0.2) ? 0 : 1 + draws.below(30))
    else if (kind === 'outage') {
      // Half of them leave a commit without its answer.
      if (draws.chance(0.5)) this.#outage()
      else database.afterCommit = () => this.#outage()
    } else if (kind === 'database clock') {
      databaseClock.jump(this.#jump())
      // A node that starts now follows it, the others do not.
      this.#parts.oracle.floorsDiffer = true
    } else if (kind === 'node clock') node.parts.clock.jump(this.#jump())
    else if (kind === 'all clocks') {
      const ms = this.#jump()
      for (const one of [databaseClock, ...nodes.map(({ parts }) => parts.clock)]) one.jump(ms)
    } else if (kind === 'load') load.pauseMs = draws.pick([5, 50, 200])
    else this.#weather(node)
  }

  #outage(): void {
    const { scheduler, database } = this.#parts
    database.dropAll()
    if (scheduler.draws.chance(0.3)) return
    database.isDown = true
    const end = (): void => {
      database.isDown = false
    }
    const ms = scheduler.draws.pick([500, 4000, 14_000])
    scheduler.after(scheduler.draws.between(100, ms), 'outage ends', end, database.process)
  }

  #jump(): number {
    const { draws } = this.#parts.scheduler
    const far = draws.pick([500, 4000, 40_000, 3_600_000, 90_000_000])
    return Math.round(draws.between(-far, far))
  }

  #weather({ parts: { weather } }: SimulatedNode): void {
    const { draws } = this.#parts.scheduler
    const often = draws.pick([0.01, 0.05, 0.2])
    Object.assign(weather, calm)
    for (const fault of ['slow', 'refused', 'lostBefore', 'lostAfter'] as const)
      if (draws.chance(0.5)) weather[fault] = often
  }
}
