/** A server in a bounded memory, and how much of it is used. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const mebibyte = 1_048_576

/**
 * Where the kernel keeps the groups of processes whose memory is bounded: of version 1, or of
 * version 2.
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
 * @returns a bound of so many bytes, beyond which the kernel kills; or why this machine has none.
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
      // Whoever may not enter may not be bounded: tried with a process that is about to end.
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
  return 'this machine lets nobody make a memory cgroup: the kernel does not end what takes too much, only the figure is looked at'
}

/** Memory that a process holds, in bytes. Linux. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} tells no VmRSS`)
  return Number(kibibytes) * 1024
}
