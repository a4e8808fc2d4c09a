/** An operator who looks at each node now and then, and accepts what it says. */
import { KmsError } from '../../src/domain/errors.ts'
import { serviceEntry, submitOwn } from '../../src/ports/journal.ts'
import type { SimulatedNode } from './node.ts'
import type { Process, Scheduler } from './scheduler.ts'

export class Operator {
  readonly #scheduler: Scheduler
  readonly #busy = new Set<Process>()
  /** How likely they accept something that they see. */
  willingness = 0.5

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /**
   * Starts a node again. An acceptance may have been lost: what has seen it finds an epoch that it
   * has left, and goes on only after a start.
   */
  restart(node: SimulatedNode): void {
    this.#scheduler.note(`${node.name} is started again`)
    if (node.state !== 'refusing') node.crash()
  }

  /** Called again and again. */
  look(node: SimulatedNode): void {
    const { draws } = this.#scheduler
    if (node.state === 'down') return node.start()
    if (node.state === 'refusing' && draws.chance(this.willingness)) return node.start(true)
    const { process } = node
    if (node.state !== 'up' || this.#busy.has(process) || !draws.chance(this.willingness)) return
    this.#busy.add(process)
    const accept = (): void => {
      this.#accept(node)
        .catch((error: unknown) => {
          if (!(error instanceof KmsError)) node.parts.onDefect(`an operator: ${error}`)
        })
        .finally(() => this.#busy.delete(process))
    }
    this.#scheduler.after(0, 'operator', accept, process)
  }

  async #accept(node: SimulatedNode): Promise<void> {
    const { losses, threads } = node
    const [main] = threads
    if (losses === undefined || main === undefined) return
    const { lost } = await losses.view()
    if (lost !== null) {
      this.#scheduler.note(`accepts the loss: ${lost}`)
      await losses.accept()
      return
    }
    const { kind } = main.journal.clockState
    if (kind === 'right') return
    this.#scheduler.note(`accepts the clock, which is ${kind}`)
    const acceptsClock = kind === 'behind' ? 'behind' : 'ahead'
    const requestId = this.#scheduler.draws.bytes(16).toHex()
    const entry = serviceEntry({ requestId, operation: 'accept-clock', principal: 'operator' })
    await submitOwn(main.watched, { entry, acceptsClock })
  }
}
