/** Threads that write, and rounds in which they take turns. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { FromWriting, ToWriting, WritingData } from './writing.ts'

export class Node {
  readonly #thread: Worker

  private constructor(thread: Worker) {
    this.#thread = thread
  }

  static async start(data: WritingData): Promise<Node> {
    const thread = new Worker(new URL('./writing.ts', import.meta.url), { workerData: data })
    await once(thread, 'message')
    return new Node(thread)
  }

  /** Any number of them, each a node of its own. */
  static many(count: number, data: WritingData): Promise<Node[]> {
    return Promise.all(Array.from({ length: count }, () => Node.start(data)))
  }

  /** @returns the number of groups. */
  async write(ms: number): Promise<number> {
    this.#thread.postMessage({ ms } satisfies ToWriting)
    const [count] = (await once(this.#thread, 'message')) as [FromWriting]
    return count
  }

  async end(): Promise<void> {
    const ended = once(this.#thread, 'exit')
    this.#thread.postMessage('end' satisfies ToWriting)
    await ended
  }
}

/** @property others nodes that write at the same time and are not counted. */
export type Candidate = {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly others?: readonly Node[]
}

export type Pace = { readonly rounds: number; readonly seconds: number }

/**
 * Groups a second that the nodes of each candidate write together, the median over the rounds: in
 * each, the candidates run in another order, so that disturbances affect them alike.
 */
export async function compare(
  candidates: readonly Candidate[],
  { rounds, seconds }: Pace,
): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number[]>(candidates.map(({ name }) => [name, []]))
  for (const candidate of candidates) await rate(candidate, seconds / 2)
  for (let round = 0; round < rounds; round++)
    for (const candidate of candidates.toSorted(() => Math.random() - 0.5))
      rates.get(candidate.name)?.push(await rate(candidate, seconds))
  return new Map([...rates].map(([name, found]) => [name, median(found)]))
}

async function rate({ nodes, others = [] }: Candidate, seconds: number): Promise<number> {
  const began = performance.now()
  const alongside = others.map((node) => node.write(seconds * 1000))
  const counts = await Promise.all(nodes.map((node) => node.write(seconds * 1000)))
  const tookSeconds = (performance.now() - began) / 1000
  await Promise.all(alongside)
  return counts.reduce((sum, count) => sum + count, 0) / tookSeconds
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0
}
