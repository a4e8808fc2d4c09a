/** CPU time of the threads of a process, as the kernel accounts it. Linux only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export type ThreadTimes = ReadonlyMap<number, { readonly name: string; readonly micros: number }>

export function canMeasure(): boolean {
  return existsSync('/proc/self/schedstat')
}

export function threadTimes(pid: number): ThreadTimes {
  const times = new Map<number, { name: string; micros: number }>()
  for (const entry of readdirSync(`/proc/${pid}/task`)) {
    const base = `/proc/${pid}/task/${entry}`
    const name = readFileSync(`${base}/comm`, 'utf8').trim()
    times.set(Number(entry), {
      name,
      micros: Number(readFileSync(`${base}/schedstat`, 'utf8').split(' ')[0]) / 1000,
    })
  }
  return times
}

export type Cost = {
  /** CPU microseconds per request. */
  readonly total: number
  readonly main: number
  readonly writer: number
  /** Of the threads that sign and decrypt with asymmetric keys. */
  readonly operations: number
}

/** What `count` requests cost between two readings. */
export function costOf(pid: number, before: ThreadTimes, after: ThreadTimes, count: number): Cost {
  const spent = (wanted: (tid: number, name: string) => boolean): number => {
    let sum = 0
    for (const [tid, { name, micros }] of after)
      if (wanted(tid, name)) sum += micros - (before.get(tid)?.micros ?? 0)
    return sum / count
  }
  return {
    total: spent(() => true),
    main: spent((tid) => tid === pid),
    writer: spent((_, name) => name === 'writer'),
    operations: spent((_, name) => name.startsWith('operations-')),
  }
}
