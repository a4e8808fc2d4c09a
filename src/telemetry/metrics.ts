/**
 * Metrics for Prometheus. Every thread counts for itself, as cheaply as possible; a scrape adds the
 * threads up. Names of operations and outcomes come from closed sets, so that no caller can make
 * the metrics grow.
 */
import type { Registry } from 'prom-client'

type Labels = Readonly<Record<string, string | number>>
type Value = { readonly labels: Labels; readonly value: number; readonly metricName?: string }

/**
 * One metric with its values, in the form in which prom-client aggregates processes; it crosses
 * threads unchanged.
 */
export type Family = {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'sum'
  readonly values: readonly Value[]
}

/** Upper bounds in seconds: from a fast call to one that waited for a private key to be made. */
const secondsBounds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]
const sizeBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256]

/** A histogram without labels. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  private constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  static ofSeconds(): Histogram {
    return new Histogram(secondsBounds)
  }

  static ofSizes(): Histogram {
    return new Histogram(sizeBounds)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at++
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#sum += value
  }

  values(name: string, labels: Labels = {}): Value[] {
    let count = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, i) => {
      count += this.#counts[i] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}

/** Calls of one thread: how many ended in which outcome, and how long they took. */
export class RequestMetrics {
  readonly #outcomes = new Map<string, Map<string, number>>()
  readonly #durations = new Map<string, Histogram>()

  /** @param outcome `ok` or the code of a refusal. */
  record(operation: string, outcome: string, seconds: number): void {
    let outcomes = this.#outcomes.get(operation)
    let durations = this.#durations.get(operation)
    if (outcomes === undefined || durations === undefined) {
      outcomes = new Map()
      durations = Histogram.ofSeconds()
      this.#outcomes.set(operation, outcomes)
      this.#durations.set(operation, durations)
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    durations.observe(seconds)
  }

  families(): Family[] {
    const counts = [...this.#outcomes].flatMap(([operation, outcomes]) =>
      [...outcomes].map(([outcome, value]) => ({ labels: { operation, outcome }, value })),
    )
    const name = 'holdfast_request_seconds'
    const durations = [...this.#durations].flatMap(([operation, one]) =>
      one.values(name, { operation }),
    )
    return [
      counter('holdfast_requests_total', 'Calls by operation and outcome', counts),
      {
        name,
        help: 'Time from the last byte of a call to its answer',
        type: 'histogram',
        aggregator: 'sum',
        values: durations,
      },
    ]
  }
}

/** What the writer does. */
export class WriterMetrics {
  readonly #sizes = Histogram.ofSizes()
  readonly #seconds = Histogram.ofSeconds()
  #records = 0

  group(size: number, seconds: number): void {
    this.#sizes.observe(size)
    this.#seconds.observe(seconds)
    this.#records += size
  }

  /** @param waiting submissions that have arrived and are not written yet. */
  families(waiting: number): Family[] {
    const [sizes, seconds] = ['holdfast_writer_group_size', 'holdfast_writer_group_seconds']
    return [
      gauge('holdfast_writer_waiting', 'Records that wait for the writer', waiting),
      counter('holdfast_writer_records_total', 'Records that the writer decided', [
        { labels: {}, value: this.#records },
      ]),
      {
        name: sizes as string,
        help: 'Records of one transaction',
        type: 'histogram',
        aggregator: 'sum',
        values: this.#sizes.values(sizes as string),
      },
      {
        name: seconds as string,
        help: 'Time of one transaction',
        type: 'histogram',
        aggregator: 'sum',
        values: this.#seconds.values(seconds as string),
      },
    ]
  }
}

export function gauge(name: string, help: string, value: number | readonly Value[]): Family {
  const values = typeof value === 'number' ? [{ labels: {}, value }] : value
  return { name, help, type: 'gauge', aggregator: 'sum', values }
}

function counter(name: string, help: string, values: readonly Value[]): Family {
  return { name, help, type: 'counter', aggregator: 'sum', values }
}

/** Loaded at the first scrape: it would slow every start. */
const library = async () => (await import('prom-client')).default
let ownProcess: Registry | undefined

/** The process itself: processor time, memory, event loop, file descriptors. */
export async function processFamilies(): Promise<Family[]> {
  if (ownProcess === undefined) {
    const { Registry, collectDefaultMetrics } = await library()
    ownProcess = new Registry()
    collectDefaultMetrics({ register: ownProcess })
  }
  return (await ownProcess.getMetricsAsJSON()) as unknown as Family[]
}

/** Text of a scrape: the counts of all threads, added up. */
export async function exposition(threads: readonly (readonly Family[])[]): Promise<string> {
  const { AggregatorRegistry } = await library()
  return AggregatorRegistry.aggregate(threads as unknown as object[]).metrics()
}
