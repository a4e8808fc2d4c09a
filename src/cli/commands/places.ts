/** Where the commands find their server: flags first, then the environment, then the default. */
import { join } from 'node:path'
import type { Credentials } from '../credentials.ts'
import type { Context } from '../keys.ts'

export type Environment = Readonly<Record<string, string | undefined>>
/** What commander read from the command line. */
export type Flags = Readonly<Record<string, string | boolean | string[] | undefined>>

export const defaultData = './holdfast-data'

/** Finds the server and its credentials from flags and environment. */
export class Places {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  async context(flags: Flags): Promise<Context> {
    const { readCredentials } = await import('../credentials.ts')
    const { kmsClient } = await import('../kms-client.ts')
    const credentials = readCredentials(this.#file(flags))
    const kms = kmsClient(credentials, text(flags.endpoint) ?? credentials.endpoint, {
      ca: text(flags.ca),
    })
    return { kms, json: flags.json === true }
  }

  async status(flags: Flags) {
    const { existsSync } = await import('node:fs')
    const { readCredentials } = await import('../credentials.ts')
    const file = this.#file(flags)
    const named =
      flags.credentials !== undefined || this.#environment.HOLDFAST_CREDENTIALS !== undefined
    const credentials: Credentials | undefined =
      named || existsSync(file) ? readCredentials(file) : undefined
    const endpoint = text(flags.endpoint) ?? credentials?.endpoint ?? 'http://127.0.0.1:8320'
    return {
      credentials,
      endpoint,
      ca: text(flags.ca),
      bootstrap: join(this.#data(flags), 'bootstrap.json'),
    }
  }

  #file(flags: Flags): string {
    return (
      text(flags.credentials) ??
      this.#environment.HOLDFAST_CREDENTIALS ??
      join(this.#data(flags), 'bootstrap.json')
    )
  }

  #data(flags: Flags): string {
    return text(flags.data) ?? this.#environment.HOLDFAST_DATA ?? defaultData
  }
}

function text(flag: Flags[string]): string | undefined {
  return typeof flag === 'string' ? flag : undefined
}
