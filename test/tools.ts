/**
 * Programs that tests use and a machine may lack. A test looks them up here and is skipped with the
 * reason when one is missing; `npm test` lists it as left out. Without any of them every test
 * passes or is skipped: Node, npm and the basic system are enough.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

type Tool = {
  /** How to tell a person what is missing, before "is not installed". */
  readonly called?: string
  /**
   * Folders to look in besides PATH: for programs and libraries that packages put elsewhere. Glob
   * patterns.
   */
  readonly places?: readonly string[]
  /** Names of the file, where they differ from the name of the tool. */
  readonly files?: readonly string[]
  /** Variable that may name the file. */
  readonly variable?: string
  /** Arguments that exit with 0 only when everything that tests need of it is there. */
  readonly works?: readonly string[]
}

const tools = {
  age: {},
  'age-keygen': {},
  base32: {},
  chromium: {
    called: 'Chromium (HOLDFAST_TEST_CHROMIUM names it)',
    variable: 'HOLDFAST_TEST_CHROMIUM',
    files: ['chromium', 'chromium-browser', 'google-chrome', 'Google Chrome'],
    places: ['/Applications/Google Chrome.app/Contents/MacOS'],
  },
  etcd: {},
  gpg: {},
  gzip: {},
  haproxy: { called: 'HAProxy', places: ['/usr/sbin', '/usr/local/sbin'] },
  hexdump: {},
  iconv: {},
  initdb: { called: 'PostgreSQL', places: ['/usr/lib/postgresql/*/bin'] },
  java: {},
  keytool: {},
  od: {},
  openssl: {},
  pkill: { called: 'pkill' },
  // What replaces a primary in many deployments, and what it agrees over (test/nodes).
  patroni: { called: 'Patroni' },
  // What lies between nodes and PostgreSQL in many deployments (test/nodes).
  pgbouncer: { called: 'PgBouncer', places: ['/usr/sbin'] },
  'pkcs11-tool': {},
  puttygen: {},
  python3: { works: ['-c', 'import pty'] },
  'python3-cryptography': {
    called: 'python3 with the package cryptography',
    files: ['python3'],
    works: ['-c', 'import cryptography'],
  },
  softhsm: {
    called: 'SoftHSM',
    files: ['libsofthsm2.so'],
    places: ['/usr/lib/softhsm', '/usr/lib64/pkcs11', '/usr/lib/*/softhsm'],
  },
  'softhsm2-util': {},
  'ssh-keygen': {},
  strace: { works: ['-V'] },
  tar: {},
  unzip: {},
  xxd: {},
  zip: {},
} as const satisfies Readonly<Record<string, Tool>>

export type ToolName = keyof typeof tools

/** Every tool that tests ask for, so that a test can check their commands against it. */
export const toolNames = Object.keys(tools) as readonly ToolName[]

/**
 * `path` keeps tests to what PATH holds, so that they can be tried as on a machine with nothing but
 * Node.
 */
export const onlyPath = process.env.HOLDFAST_TEST_TOOLS === 'path'

const found = new Map<ToolName, string | undefined>()

/** Path of a tool, or undefined when this machine lacks it. */
export function findTool(name: ToolName): string | undefined {
  if (!found.has(name)) found.set(name, search(name))
  return found.get(name)
}

/**
 * Path of a tool that the test has asked for with `missing`.
 * @throws Error when this machine lacks it.
 */
export function tool(name: ToolName): string {
  const path = findTool(name)
  if (path === undefined) throw new Error(missing(name) || name)
  return path
}

/**
 * Why a test that needs these tools is skipped, or false when all of them are there: the `skip` of
 * a test.
 */
export function missing(...names: readonly ToolName[]): string | false {
  const absent = names.filter((name) => findTool(name) === undefined)
  if (absent.length === 0) return false
  const called = absent.map((name) => (tools[name] as Tool).called ?? name)
  return `not installed: ${[...new Set(called)].join(', ')}`
}

function search(name: ToolName): string | undefined {
  const { files = [name], places = [], variable, works }: Tool = tools[name]
  const named = variable === undefined ? undefined : process.env[variable]
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...(onlyPath ? [] : places.flatMap((place) => newestFirst(place))),
  ]
  const candidates = [
    ...(named === undefined ? [] : [named]),
    ...folders.flatMap((folder) => files.map((file) => join(folder, file))),
  ]
  const path = candidates.find(isUsable)
  if (path === undefined || works === undefined) return path
  return spawnSync(path, works, { stdio: 'ignore' }).status === 0 ? path : undefined
}

function newestFirst(place: string): string[] {
  return globSync(place).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return existsSync(path)
  } catch {
    return false
  }
}
