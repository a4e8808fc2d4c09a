/** How commands read and write files with secrets or their keys. Every failure is one line. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SecretTextRefused } from '../domain/material/secret-text.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { shellWord } from '../domain/shell-word.ts'
import {
  checkNewNames,
  FileNotWritten,
  NameTaken,
  type NewFile,
  PreparedFiles,
} from '../ports/new-files.ts'
import { FileNotPrivate, readPrivateFile } from '../ports/private-file.ts'
import { systemCode, systemReason } from '../ports/system-reason.ts'
import { CliFailure } from './failure.ts'

/** @throws CliFailure if it cannot be read. */
export function readFile(path: string): Buffer {
  return reading(path, () => readFileSync(path))
}

/**
 * The same for secrets.
 * @throws CliFailure if other users can access it.
 */
export function readSecretFile(path: string): Buffer {
  return reading(path, () => readPrivateFile(path))
}

/**
 * Size of a file in bytes, before it is read.
 * @throws CliFailure if it cannot be read.
 */
export function sizeOf(path: string): number {
  return reading(path, () => statSync(path).size)
}

/**
 * The result of `read` on a secret text, whose bytes are then wiped.
 * @throws CliFailure for a text that `read` refuses.
 */
export function readSecretText<T>(path: string, read: (content: Buffer) => T): T {
  using content = Wiped.of(readSecretFile(path))
  try {
    return read(content.bytes)
  } catch (error) {
    if (error instanceof SecretTextRefused)
      throw new CliFailure('usage', `${path} ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * All entries of a folder.
 * @throws CliFailure.
 */
export function filesIn(folder: string): string[] {
  return reading(folder, () => readdirSync(folder).map((name) => join(folder, name)))
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FileNotPrivate)
      throw new CliFailure('usage', error.message, { cause: error })
    throw new CliFailure('usage', `cannot read ${path}: ${systemReason(error)}`, { cause: error })
  }
}

/**
 * Called before the work whose result these files will hold.
 * @throws CliFailure for the first name that is already taken.
 */
export function checkOut(paths: readonly string[]): void {
  writing(() => checkNewNames(paths))
}

/**
 * Writes all of these files or none; they get their names when `commitFiles` is called.
 * @throws CliFailure; then nothing is left behind.
 */
export function prepareFiles(files: readonly NewFile[]): PreparedFiles {
  return writing(() => PreparedFiles.prepare(files))
}

/** @throws CliFailure; then none of the files exists. */
export function commitFiles(prepared: PreparedFiles): void {
  writing(() => prepared.commit())
}

/**
 * @throws CliFailure if the name is taken or the file cannot be written; then nothing is left
 * behind.
 */
export function writeNewFile(path: string, content: Uint8Array): void {
  commitFiles(prepareFiles([{ path, content }]))
}

function writing<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (error instanceof NameTaken) throw new CliFailure('usage', error.message, { cause: error })
    if (!(error instanceof FileNotWritten)) throw error
    const isMissing = systemCode(error.cause) === 'ENOENT'
    const wayOut = isMissing
      ? `; create the folder first: mkdir -p ${shellWord(dirname(error.path))}`
      : ''
    throw new CliFailure('usage', `${error.message}; nothing was written${wayOut}`, {
      cause: error,
    })
  }
}

export { shellWord }
