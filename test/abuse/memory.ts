/** Searches the memory of a process for bytes. Linux, for users who may read /proc/PID/mem. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const chunkBytes = 4 * 1_048_576

/** Why the memory of other processes cannot be read here, or false. */
export const withoutMemory = ((): string | false => {
  try {
    countIn(process.ppid, [new Uint8Array(32).fill(1)])
    return false
  } catch {
    return 'the memory of another process cannot be read here (/proc/PID/mem)'
  }
})()

/**
 * How often each of `needles` occurs in the memory of a process.
 * @throws Error where it may not be read.
 */
export function countIn(pid: number, needles: readonly Uint8Array[]): number[] {
  const counts = needles.map(() => 0)
  const longest = Math.max(...needles.map(({ length }) => length))
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const buffer = Buffer.alloc(chunkBytes + longest)
  try {
    for (const [start, end] of writableRegions(pid)) {
      for (let at = start; at < end; at += chunkBytes) {
        // A little more than a chunk, for matches across its end; a match that begins in the next
        // chunk is counted there.
        const read = readAt(memory, buffer, Math.min(chunkBytes + longest - 1, end - at), at)
        const seen = buffer.subarray(0, read)
        needles.forEach((needle, i) => {
          for (
            let found = seen.indexOf(needle);
            found >= 0 && found < chunkBytes;
            found = seen.indexOf(needle, found + 1)
          )
            counts[i] = (counts[i] ?? 0) + 1
        })
      }
    }
  } finally {
    closeSync(memory)
    buffer.fill(0)
  }
  return counts
}

function writableRegions(pid: number): [start: number, end: number][] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      return start === undefined || end === undefined
        ? []
        : [[Number.parseInt(start, 16), Number.parseInt(end, 16)]]
    })
}

/** Memory that was mapped a moment ago may be gone. */
function readAt(memory: number, buffer: Buffer, length: number, at: number): number {
  try {
    return readSync(memory, buffer, 0, length, at)
  } catch (error) {
    if (['EIO', 'EFAULT'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0
    throw error
  }
}
