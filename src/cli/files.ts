/** Files that hold secrets or what opens them: read only where nobody else can, written for their owner alone, never over another. */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { CliFailure } from './failure.ts'

/** @throws CliFailure when it is not there. */
export function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CliFailure('usage', `cannot read ${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** The same for secrets. @throws CliFailure when others can read it too. */
export function readSecretFile(path: string): Buffer {
  const content = readFile(path)
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    content.fill(0)
    throw new CliFailure('usage', `${path} can be read by others; run: chmod 600 ${path}`)
  }
  return content
}

/** @throws CliFailure when a file of that name is there. */
export function writeNewFile(path: string, content: Uint8Array): void {
  let fd: number
  try {
    fd = openSync(path, 'wx', 0o600)
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? 'a file of that name is there, and nothing is overwritten'
        : (error as Error).message
    throw new CliFailure('usage', `cannot write ${path}: ${why}`, { cause: error })
  }
  try {
    // A full disk shows as a short count, not as an error.
    for (let written = 0; written < content.length; ) written += writeSync(fd, content, written)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
