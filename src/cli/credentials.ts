/**
 * Reads the credentials file that a server created (bootstrap.json, or the output of `holdfast
 * project create`).
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { linesIn } from '../domain/material/secret-text.ts'
import { CliFailure } from './failure.ts'
import { readSecretText } from './files.ts'

const backslash = 0x5c

export type Credentials = {
  readonly endpoint: string
  readonly projectId: string
  readonly accessKey: string
  readonly secret: KeyObject
}

/** Reads only the required fields; the secret never becomes a string. @throws CliFailure. */
export function readCredentials(path: string): Credentials {
  if (!existsSync(path))
    throw new CliFailure(
      'usage',
      `credentials file ${path} not found; give its path with --credentials`,
    )
  return readSecretText(path, (content) => {
    linesIn(content)
    return fieldsOf(path, content)
  })
}

function fieldsOf(path: string, content: Buffer): Credentials {
  const field = (name: string): Buffer => {
    const found = content.indexOf(`"${name}"`)
    const start = found < 0 ? -1 : content.indexOf('"', content.indexOf(':', found)) + 1
    const end = content.indexOf('"', start)
    if (start <= 0 || end < 0)
      throw new CliFailure('usage', `${path} is not a credentials file: ${name} is missing`)
    if (content.indexOf(`"${name}"`, found + 1) >= 0)
      throw new CliFailure(
        'usage',
        `${path} contains ${name} more than once; keep each project's credentials in a separate file`,
      )
    const value = content.subarray(start, end)
    if (
      value.length === 0 ||
      value.some((byte) => byte <= 0x20 || byte > 0x7e || byte === backslash)
    )
      throw new CliFailure('usage', `${path} is not a credentials file: ${name} is invalid`)
    return value
  }
  return {
    endpoint: field('endpoint').toString(),
    projectId: field('project_id').toString(),
    accessKey: field('access_key').toString(),
    secret: createSecretKey(field('secret_key')),
  }
}
