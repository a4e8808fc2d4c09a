/**
 * Files that are created completely or not at all, readable by their owner alone, never overwriting
 * another: they are written under another name in the same folder, synced to disk, and only then
 * renamed. A full disk, a taken name or a crash leaves no partial file that would block another
 * try.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { systemCode, systemReason } from './system-reason.ts'

/** Something of that name exists. */
export class NameTaken extends Error {
  readonly path: string
  readonly isFolder: boolean

  constructor(path: string, isFolder: boolean) {
    super(
      isFolder
        ? `${path} is a folder; name a file in it`
        : `${path} already exists, and nothing is overwritten; name another file`,
    )
    this.path = path
    this.isFolder = isFolder
  }
}

/** The file system rejected a file. */
export class FileNotWritten extends Error {
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`cannot write ${path}: ${systemReason(cause)}`, { cause })
    this.path = path
  }
}

/**
 * The result of a step that cannot be undone could not get its name: it is kept under the one in
 * the message.
 */
export class OnlyCopyKept extends Error {
  constructor(path: string, kept: string, cause: unknown) {
    super(
      `${path} could not be completed (${(cause as Error).message}); its content is in ${kept}: keep that file`,
      { cause },
    )
  }
}

export type NewFile = { readonly path: string; readonly content: Uint8Array }

type Waiting = { readonly path: string; readonly temporary: string }

const ownerOnly = 0o600
const temporaryForm = /^\.holdfast-[0-9a-f-]{36}\.new$/
/**
 * Error codes of file systems that do not support a second name for a file: FAT and exFAT, as on
 * memory sticks, and some network folders.
 */
const noLinks: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
])
/** Error codes of file systems that cannot sync a folder, or do not need to. */
const noFolderSync: ReadonlySet<string | undefined> = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EPERM',
  'EISDIR',
  'EBADF',
])

/**
 * @throws NameTaken for the first of these that exists, even as a dangling link; FileNotWritten for
 * one that cannot exist.
 */
export function checkNewNames(paths: readonly string[]): void {
  for (const path of paths)
    attempt(path, () => {
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (stats !== undefined) throw new NameTaken(path, stats.isDirectory())
    })
  const twice = paths.find((path, i) => paths.indexOf(path) !== i)
  if (twice !== undefined) throw new NameTaken(twice, false)
}

/**
 * Files whose bytes are on disk but that do not have their names yet: all of them get their names,
 * or none.
 */
export class PreparedFiles {
  readonly #waiting: Waiting[] = []
  #isOnlyCopy = false

  /** @throws NameTaken, FileNotWritten; nothing is left in that case. */
  static prepare(files: readonly NewFile[]): PreparedFiles {
    checkNewNames(files.map(({ path }) => path))
    const prepared = new PreparedFiles()
    try {
      for (const file of files) prepared.#write(file)
      return prepared
    } catch (error) {
      prepared.discard()
      throw error
    }
  }

  /**
   * Replaces the content of a single prepared file, which was at least as long: for the result of a
   * step that cannot be undone, so that the space is reserved before. From here on a failure
   * removes nothing. @throws OnlyCopyKept.
   */
  replace(content: Uint8Array): void {
    const [only] = this.#waiting
    if (only === undefined || this.#waiting.length > 1)
      throw new TypeError('replace requires exactly one prepared file')
    this.#isOnlyCopy = true
    this.#keeping(() => attempt(only.path, () => writeWhole(only.temporary, 'r+', content)))
  }

  /**
   * Gives the files their names.
   * @throws NameTaken, FileNotWritten; none of them exists in that case.
   * @throws OnlyCopyKept after `replace`.
   */
  commit(): void {
    this.#keeping(() => this.#nameAll())
    this.#isOnlyCopy = false
    this.discard()
  }

  #nameAll(): void {
    const named: string[] = []
    try {
      for (const { path, temporary } of this.#waiting) {
        attempt(path, () => name(temporary, path))
        named.push(path)
      }
      const folders = new Set(this.#waiting.map(({ path }) => dirname(path)))
      for (const folder of folders) attempt(folder, () => syncFolder(folder))
    } catch (error) {
      for (const path of named) if (!this.#isOnlyCopy) rmSync(path, { force: true })
      this.discard()
      throw error
    }
  }

  #keeping(step: () => void): void {
    try {
      step()
    } catch (error) {
      const [only] = this.#waiting
      if (!this.#isOnlyCopy || only === undefined) throw error
      throw new OnlyCopyKept(
        only.path,
        existsSync(only.temporary) ? only.temporary : only.path,
        error,
      )
    }
  }

  /** Removes what has no name yet, unless it is the only copy of something. */
  discard(): void {
    if (this.#isOnlyCopy) return
    for (const { temporary } of this.#waiting.splice(0)) rmSync(temporary, { force: true })
  }

  [Symbol.dispose](): void {
    this.discard()
  }

  #write({ path, content }: NewFile): void {
    const temporary = join(dirname(path), `.holdfast-${crypto.randomUUID()}.new`)
    this.#waiting.push({ path, temporary })
    attempt(path, () => writeWhole(temporary, 'wx', content))
  }
}

/**
 * Writes one new file, which is on disk when this returns.
 * @throws NameTaken, FileNotWritten; nothing is left in that case.
 */
export function writeNewFile(path: string, content: Uint8Array): void {
  PreparedFiles.prepare([{ path, content }]).commit()
}

/**
 * Removes what is left of a process that was ended while writing. Only safe if no other process can
 * be writing.
 */
export function removeUnfinished(folder: string): void {
  for (const file of readdirSync(folder))
    if (temporaryForm.test(file)) rmSync(join(folder, file), { force: true })
}

/**
 * Removes the temporary name of a file, if the process was ended after giving the file its final
 * name and before removing the temporary one.
 */
export function removeSecondName(path: string): void {
  const folder = dirname(path)
  const { ino, nlink } = lstatSync(path)
  if (nlink < 2) return
  for (const name of readdirSync(folder)) {
    const other = join(folder, name)
    if (temporaryForm.test(name) && lstatSync(other, { throwIfNoEntry: false })?.ino === ino)
      rmSync(other, { force: true })
  }
}

function attempt(path: string, step: () => void): void {
  try {
    step()
  } catch (error) {
    if (error instanceof NameTaken) throw error
    if (systemCode(error) !== 'EEXIST') throw new FileNotWritten(path, error)
    throw new NameTaken(path, lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
  }
}

function writeWhole(path: string, how: 'wx' | 'r+', content: Uint8Array): void {
  const fd = openSync(path, how, ownerOnly)
  try {
    // A full disk may first show as a short count.
    for (let written = 0; written < content.length; )
      written += writeSync(fd, content, written, content.length - written, written)
    if (how === 'r+') ftruncateSync(fd, content.length)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Linking a second name fails if it is taken; a rename would replace what is there. */
function name(temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (!noLinks.has(systemCode(error))) throw error
    closeSync(openSync(path, 'wx', ownerOnly))
    renameOrRemove(temporary, path)
  }
}

function renameOrRemove(temporary: string, path: string): void {
  try {
    renameSync(temporary, path)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** Makes the names in a folder durable, where the file system can. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } catch (error) {
    if (!noFolderSync.has(systemCode(error))) throw error
  } finally {
    closeSync(fd)
  }
}
