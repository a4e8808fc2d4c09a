/**
 * Channels between threads: one for each pair that communicates. The first port belongs to the side
 * that asks.
 */
import { MessageChannel } from 'node:worker_threads'
import type { Config } from '../config.ts'

/** Of one request thread. */
export type RequestChannels = {
  readonly journal: MessageChannel
  readonly wrappingKeys: MessageChannel
  /** One to each thread of operations. */
  readonly operations: readonly MessageChannel[]
  readonly maker: MessageChannel
  readonly metrics: MessageChannel
  readonly reports: MessageChannel
  readonly passwords: MessageChannel
}

export type ThreadChannels = {
  /** At least one. */
  readonly requests: readonly [RequestChannels, ...RequestChannels[]]
  /** From the thread of reports to the writer. */
  readonly followerJournal: MessageChannel
  /** The thread of reports asks for what was recorded last, and the writer hands it over. */
  readonly recent: MessageChannel
  readonly writerMetrics: MessageChannel
}

export function threadChannels({ workers, operationThreads }: Config): ThreadChannels {
  const ofOne = (): RequestChannels => ({
    journal: new MessageChannel(),
    wrappingKeys: new MessageChannel(),
    operations: Array.from({ length: operationThreads }, () => new MessageChannel()),
    maker: new MessageChannel(),
    metrics: new MessageChannel(),
    reports: new MessageChannel(),
    passwords: new MessageChannel(),
  })
  return {
    requests: [ofOne(), ...Array.from({ length: workers - 1 }, ofOne)],
    followerJournal: new MessageChannel(),
    recent: new MessageChannel(),
    writerMetrics: new MessageChannel(),
  }
}
