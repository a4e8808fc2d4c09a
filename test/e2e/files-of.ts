/** What is in the data folder of a server, which may be running. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Whether bytes can be read from any file of a folder. Files are read until they are found: reading
 * one of a database ends the locks that this process has on it.
 */
export function isInFiles(folder: string, bytes: Uint8Array): boolean {
  return globSync('**', { cwd: folder }).some((name) =>
    contentOf(join(folder, name))?.includes(bytes),
  )
}

/** Undefined for what is not a file, or is gone by now: a running server replaces some. */
function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    // ENXIO: the control socket.
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'EISDIR', 'ENXIO'].includes(code)) throw error
    return undefined
  }
}
