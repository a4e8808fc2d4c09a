/** The data folder: private to its owner, used by one server at a time. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { checkPrivateFolder, readPrivateFile } from '../ports/private-file.ts'
import { systemCode } from '../ports/system-reason.ts'

export class FolderInUse extends Error {}

/** Primary result code of SQLite: another process holds a lock. */
const sqliteBusy = 5

export class DataFolder {
  readonly path: string
  readonly #lock: DatabaseSync

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
  }

  /**
   * Makes the folder if it is missing and takes its lock. The lock is the kernel's, held through
   * SQLite, so it is released with the process, however that ends.
   * @throws FolderInUse when another process holds it, FileNotPrivate when others have access to
   * it.
   */
  static open(path: string): DataFolder {
    makeFolder(path)
    checkPrivateFolder(path)
    const lock = new DatabaseSync(join(path, 'lock'), { timeout: 0 })
    try {
      lock.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      lock.close()
      if (((error as { readonly errcode?: number }).errcode ?? 0) % 256 !== sqliteBusy) throw error
      throw new FolderInUse(`the data folder ${path} is in use by another server`, { cause: error })
    }
    return new DataFolder(path, lock)
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** Content of a small file, or undefined if it does not exist. @throws FileNotPrivate. */
  read(name: string): Buffer | undefined {
    return this.has(name) ? readPrivateFile(this.file(name)) : undefined
  }

  has(name: string): boolean {
    return existsSync(this.file(name))
  }

  close(): void {
    this.#lock.close()
  }
}

/**
 * Node's own recursive mkdir loops forever if the kernel refuses to make a folder, as below /proc.
 */
function makeFolder(path: string): void {
  const above = dirname(path)
  if (!existsSync(above) && above !== path) makeFolder(above)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Whether what exists is a folder is checked next.
    if (systemCode(error) !== 'EEXIST') throw error
  }
}
