/** What signals do to a running server: serving -> draining -> stopping -> the process ends. */
import type { Service } from './service.ts'

const stopGraceMs = 10_000
/**
 * A terminal sends one interrupt to every process of a group, so a further one right after it is
 * ignored.
 */
const impatienceMs = 1000

export class SignalledStop {
  readonly #service: Service
  readonly #drainMs: number
  #firstAt: number | undefined
  /** When a signal was last acted on. */
  #actedAt = Number.NEGATIVE_INFINITY
  /** Set while the server drains. */
  #endDrain: (() => void) | undefined

  /** @param drainMs how long the server still answers before it stops; 0 for not at all. */
  constructor(service: Service, drainMs: number) {
    this.#service = service
    this.#drainMs = drainMs
  }

  /**
   * The first signal begins the stop, the next one ends the wait before it if there is one, and a
   * further one ends the process.
   */
  hear(signal: NodeJS.Signals): void {
    const { log } = this.#service
    const now = performance.now()
    if (now - this.#actedAt <= impatienceMs) return
    this.#actedAt = now
    if (this.#firstAt === undefined) {
      this.#firstAt = now
      log.event('service-stopping', { signal })
      void this.#run(now)
    } else if (this.#endDrain !== undefined) {
      log.event('drain-cut-short', { signal })
      this.#endDrain()
    } else {
      log.event('stop-cut-short', { signal })
      process.exit(1)
    }
  }

  async #run(startedAt: number): Promise<void> {
    if (this.#drainMs > 0) await this.#drain()
    const cutOff = await this.#service.stop(stopGraceMs)
    this.#service.log.event('service-stopped', { ms: performance.now() - startedAt, cutOff })
    process.exit(0)
  }

  async #drain(): Promise<void> {
    this.#service.drain()
    this.#service.log.event('service-draining', { seconds: this.#drainMs / 1000 })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#drainMs)
      this.#endDrain = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endDrain = undefined
  }
}
