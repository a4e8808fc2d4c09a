/**
 * Reads JSON files that went through editors and shells: a byte order mark is ignored, and
 * ambiguous JSON is rejected.
 */
import { linesIn, SecretTextRefused } from '../domain/material/secret-text.ts'
import { parseJson } from '../wire/strict-json.ts'
import { WireError } from '../wire/wire-error.ts'
import { CliFailure } from './failure.ts'

/**
 * @param path for messages. @returns undefined for anything that is not JSON.
 * @throws CliFailure for UTF-16, and for a duplicate key.
 */
export function jsonIn(path: string, content: Uint8Array): unknown {
  const text = textOf(path, content)
  if (text === undefined) return undefined
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    if (isJson(text)) throw new CliFailure('usage', `${path}: ${error.message}`, { cause: error })
    return undefined
  }
}

function textOf(path: string, content: Uint8Array): Uint8Array | undefined {
  try {
    return linesIn(content)
  } catch (error) {
    if (!(error instanceof SecretTextRefused)) throw error
    if (error.fault === 'utf-16')
      throw new CliFailure('usage', `${path} ${error.message}`, { cause: error })
    return undefined
  }
}

function isJson(text: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(text).toString())
    return true
  } catch {
    return false
  }
}
