/** The data folder: private to its owner, used by one server at a time, its small files written so that a crash leaves old or new. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class FolderInUse extends Error {}

export class DataFolder {
  readonly path: string
  readonly #lock: DatabaseSync

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
  }

  /**
   * Makes the folder if it is missing and takes its lock. The lock is the kernel's, held through SQLite, so it ends with the
   * process however that ends. @throws FolderInUse when another process holds it.
   */
  static open(path: string): DataFolder {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new FolderInUse(`the data folder ${path} is open to others; run: chmod 700 ${path}`)
    }
    const lock = new DatabaseSync(join(path, 'lock'), { timeout: 0 })
    try {
      lock.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      lock.close()
      throw new FolderInUse(`another server uses the data folder ${path}`, { cause: error })
    }
    return new DataFolder(path, lock)
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** Content of a small file, or undefined when it is not there. */
  read(name: string): Buffer | undefined {
    return existsSync(this.file(name)) ? readFileSync(this.file(name)) : undefined
  }

  close(): void {
    this.#lock.close()
  }
}

/** Writes a new file, readable by its owner only: whole and on the disk when this returns, or not there at all. */
export function writeFileDurably(path: string, content: Uint8Array): void {
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  const fd = openSync(temporary, 'wx', 0o600)
  try {
    // A full disk shows as a short count, not as an error.
    for (let written = 0; written < content.length; ) written += writeSync(fd, content, written)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
