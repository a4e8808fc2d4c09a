/** The file of credentials that a server made (bootstrap.json, or that of `holdfast project create`). */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { CliFailure } from './failure.ts'
import { readSecretFile } from './files.ts'

export type Credentials = {
  readonly endpoint: string
  readonly projectId: string
  readonly accessKey: string
  readonly secret: KeyObject
}

/** Reads the fields that are needed; the secret never becomes text. @throws CliFailure. */
export function readCredentials(path: string): Credentials {
  const content = readSecretFile(path)
  const field = (name: string): Buffer => {
    const found = content.indexOf(`"${name}"`)
    const start = found < 0 ? -1 : content.indexOf('"', content.indexOf(':', found)) + 1
    const end = content.indexOf('"', start)
    if (start <= 0 || end < 0) throw new CliFailure('usage', `${path} is no file of credentials: ${name} is missing`)
    return content.subarray(start, end)
  }
  try {
    return {
      endpoint: field('endpoint').toString(),
      projectId: field('project_id').toString(),
      accessKey: field('access_key').toString(),
      secret: createSecretKey(field('secret_key')),
    }
  } finally {
    content.fill(0)
  }
}
