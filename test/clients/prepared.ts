/** Where prepare.ts puts the clients of other languages, and whether they are there. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onlyPath } from '../tools.ts'

const sources = fileURLToPath(new URL('.', import.meta.url))

/** The folder that prepare.ts fills; git ignores it. */
export const folder = fileURLToPath(new URL('../../.clients/', import.meta.url))

/** The files that each client is made from. */
const madeFrom = {
  python: ['python/requirements.txt'],
  go: ['go/go.*', 'go/*/main.go'],
  sops: ['go/go.*'],
  java: ['java/pom.xml', 'java/checksums.txt', 'java/*.java'],
} as const

export type Client = keyof typeof madeFrom
export const all = Object.keys(madeFrom) as Client[]

/** Identifies one state of those files. */
export function stateOf(client: Client): string {
  const hash = createHash('sha256')
  const files = madeFrom[client]
    .flatMap((pattern) => globSync(pattern, { cwd: sources }))
    .toSorted()
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(sources + file))
  return hash.digest('hex')
}

/** What prepare.ts records: the state it worked on and, where it did not finish, why. */
export type Note = { readonly state: string; readonly missing?: string | undefined }

export function noteOf(client: Client): Note | undefined {
  try {
    return JSON.parse(readFileSync(`${folder}${client}.json`, 'utf8')) as Note
  } catch {
    return undefined
  }
}

/** False, or why the tests of a client are left out. */
export function leftOut(client: Client): string | false {
  if (onlyPath) return `the ${client} client is not part of a machine with nothing but Node`
  const note = noteOf(client)
  if (note === undefined) return `the ${client} client is not prepared; npm run clients does it`
  if (note.missing !== undefined) return note.missing
  return note.state === stateOf(client)
    ? false
    : `the ${client} client is outdated; npm run clients builds it again`
}
