/**
 * Files that hold secrets or what opens them, as commands read and write them: what goes wrong is
 * one line.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SecretTextRefused } from '../domain/material/secret-text.ts'
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

/** @throws CliFailure when it is not there. */
export function readFile(path: string): Buffer {
  return reading(path, () => readFileSync(path))
}

/** The same for secrets. @throws CliFailure when others can get at it too. */
export function readSecretFile(path: string): Buffer {
  return reading(path, () => readPrivateFile(path))
}

/** Bytes of a file, before it is read. @throws CliFailure when it is not there. */
export function sizeOf(path: string): number {
  return reading(path, () => statSync(path).size)
}

/**
 * What `read` makes of a secret text, whose bytes are wiped.
 * @throws CliFailure for a text that it refuses.
 */
export function readSecretText<T>(path: string, read: (content: Buffer) => T): T {
  const content = readSecretFile(path)
  try {
    return read(content)
  } catch (error) {
    if (error instanceof SecretTextRefused)
      throw new CliFailure('usage', `${path} ${error.message}`, { cause: error })
    throw error
  } finally {
    content.fill(0)
  }
}

/** Everything in a folder. @throws CliFailure. */
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
 * Before work whose result is written to them.
 * @throws CliFailure for the first of these names that is taken.
 */
export function checkOut(paths: readonly string[]): void {
  writing(() => checkNewNames(paths))
}

/**
 * All of these files or none, under their names once `commitFiles` is called.
 * @throws CliFailure; then nothing is left.
 */
export function prepareFiles(files: readonly NewFile[]): PreparedFiles {
  return writing(() => PreparedFiles.prepare(files))
}

/** @throws CliFailure; then none of them is there. */
export function commitFiles(prepared: PreparedFiles): void {
  writing(() => prepared.commit())
}

/**
 * @throws CliFailure when something of that name is there, or cannot be written; then nothing is
 * left.
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
      ? `; make the folder first: mkdir -p ${shellWord(dirname(error.path))}`
      : ''
    throw new CliFailure('usage', `${error.message}; nothing was written${wayOut}`, {
      cause: error,
    })
  }
}

export { shellWord }
