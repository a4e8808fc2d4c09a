/** What callers know for certain: every call with its answer, and when each node answered. */
import type { Answer, Body, HuaweiClient } from '../e2e/client.ts'
import type { Nodes } from './nodes.ts'

/**
 * `nothing`: an answer says that nothing was done, or no connection was made. `unknown`: the call
 * may have been done.
 */
export type Outcome =
  | { readonly kind: 'ok'; readonly body: Body }
  | { readonly kind: 'nothing' | 'unknown' }

/** Longer than any limit of a node: a call without an answer after this is a failure. */
const answerMs = 45_000

export class Ledger {
  /** Operation of every acknowledged call, by request ID; emptied by each check. */
  readonly acknowledged = new Map<string, string>()
  /** Request IDs of calls that were refused because nothing could be done. */
  readonly refused = new Set<string>()
  acknowledgedInAll = 0
  unknownInAll = 0
  /** Monotonic instants of the acknowledged calls of each node. */
  readonly #okAt: number[][]
  /** The longest time that a caller waited for an answer, in milliseconds. */
  longestMs = 0

  constructor(nodes: number) {
    this.#okAt = Array.from({ length: nodes }, () => [])
  }

  /**
   * One call, written down with its outcome.
   * @throws Error for an answer that a fault does not explain.
   */
  async call(
    [nodes, node]: readonly [Nodes, number],
    operation: string,
    made: (client: HuaweiClient) => Promise<Answer>,
  ): Promise<Outcome> {
    const client = nodes.client(node)
    if (client === undefined) return { kind: 'nothing' }
    const began = performance.now()
    try {
      const { status, body, headers } = await answered(made(client), operation)
      const id = String(headers['x-request-id'])
      if (status === 200) {
        this.acknowledged.set(id, operation)
        this.acknowledgedInAll++
        this.#okAt[node]?.push(performance.now())
        return { kind: 'ok', body }
      }
      const said = JSON.stringify(body)
      if (status !== 503) throw new Error(`${operation} on node ${node}: ${status} ${said}`)
      if (said.includes('did not say in time')) return this.#unknown()
      this.refused.add(id)
      return { kind: 'nothing' }
    } catch (error) {
      if (!isGone(error)) throw error
      return codeOf(error) === 'ECONNREFUSED' ? { kind: 'nothing' } : this.#unknown()
    } finally {
      this.longestMs = Math.max(this.longestMs, performance.now() - began)
    }
  }

  /** How many calls a node has acknowledged since an instant. */
  okSince(node: number, from: number): number {
    return (this.#okAt[node] ?? []).filter((at) => at >= from).length
  }

  /** The first acknowledged call of a node from an instant on. */
  firstOk(node: number, from: number): number | undefined {
    return this.#okAt[node]?.find((at) => at >= from)
  }

  /** The longest time without an acknowledged call in a stretch, on one node or on all together. */
  longestGap(from: number, to: number, node?: number): number {
    const all = node === undefined ? this.#okAt.flat() : (this.#okAt[node] ?? [])
    const inside = all.filter((at) => at > from && at < to).toSorted((a, b) => a - b)
    const marks = [from, ...inside, to]
    return Math.max(...marks.slice(1).map((at, i) => at - (marks[i] as number)))
  }

  #unknown(): Outcome {
    this.unknownInAll++
    return { kind: 'unknown' }
  }
}

/** @throws Error if there is no answer at all. */
async function answered(answer: Promise<Answer>, operation: string): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`${operation} had no answer within ${answerMs} ms`)
    timer = setTimeout(() => reject(error), answerMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

function isGone(error: unknown): boolean {
  const { message = '' } = error as Error
  return (
    ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(codeOf(error)) ||
    message.includes('aborted') ||
    message.includes('socket hang up')
  )
}
