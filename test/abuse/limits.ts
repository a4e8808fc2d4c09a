/** A server in a bounded memory, and how much of it is used. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const mebibyte = 1_048_576

/**
 * Where the kernel keeps groups of processes with bounded memory: cgroup version 1, or version 2.
 */
const groups = [
  { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', members: 'cgroup.procs' },
  { folder: '/sys/fs/cgroup', limit: 'memory.max', members: 'cgroup.procs' },
] as const

export type Bounded = {
  /** Command that runs another one within the bound. */
  readonly under: readonly string[]
  /** To be called once nothing runs in it any more. */
  end(): void
}

/**
 * @returns a memory bound of `bytes`, beyond which the kernel kills; or why this machine has none.
 */
export function boundedMemory(bytes: number): Bounded | string {
  for (const { folder, limit, members } of groups) {
    const group = join(folder, `holdfast-test-${process.pid}-${bytes}`)
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    try {
      writeFileSync(join(group, limit), String(bytes))
      // A group that no process can join bounds nothing.
      if (!existsSync(join(group, members))) throw new Error('no members')
    } catch {
      rmdirSync(group)
      continue
    }
    return {
      under: ['bash', '-c', `echo $$ > ${join(group, members)} && exec "$@"`, 'bash'],
      end: () => rmdirSync(group),
    }
  }
  return 'this machine allows no memory cgroup: the kernel kills nothing that takes too much, only the figure is checked'
}

/** Memory that a process holds, in bytes. Linux. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} reports no VmRSS`)
  return Number(kibibytes) * 1024
}
