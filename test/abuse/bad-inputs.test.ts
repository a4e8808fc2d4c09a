/**
 * Every flag of every command with values that cannot be right: the result is one line or an
 * answer, with an exit code of docs/cli.md, and never a stack.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eitherOr } from '../../src/cli/commands/all.ts'
import { commandsOf } from '../e2e/commands-of.ts'
import { besidesLog } from '../e2e/service-log.ts'

const holdfast = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** @returns how a command ended, null when it had to be killed; its standard input is empty. */
function run(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [holdfast, ...args],
      { cwd, timeout: 60_000 },
      (_, _stdout, stderr) => resolve({ status: child.exitCode, stderr }),
    )
    child.stdin?.end()
  })
}

/**
 * No value, a missing file, a folder, bytes, an empty file, a file that others can read, numbers
 * and unexpected characters.
 */
const badValues = [
  '',
  'none',
  'none/below',
  'folder',
  'junk',
  'empty',
  'open.txt',
  '-1',
  '9'.repeat(400),
  'ö\u0001\u2028',
  '__proto__',
]
/** What a command needs to get as far as the flag under test. */
const plausible: Readonly<Record<string, readonly string[]>> = {
  server: [
    '--data',
    'data',
    '--listen',
    '192.0.2.1:1',
    '--insecure-http',
    '--metrics-listen',
    'off',
  ],
  'project create': ['name', '--data', 'none'],
  'project list': ['--data', 'none'],
  'clock show': ['--data', 'none'],
  'clock accept': ['--data', 'none'],
  unlock: ['user', '--data', 'none'],
  status: ['--endpoint', 'http://127.0.0.1:9'],
  'material generate': ['--spec', 'AES_256', '--out', 'out'],
  'material wrap': [
    '--spec',
    'AES_256',
    '--material',
    'kept.key',
    '--parameters',
    'parameters.json',
    '--out',
    'out',
  ],
  'material check': [
    '--spec',
    'AES_256',
    '--material',
    'kept.key',
    '--key-id',
    '0d0466b0-e727-4d9c-b35d-f84bb474a37f',
  ],
  'material backup': ['--material', 'kept.key', '--out', 'out', '--shares', '3'],
  'material restore': ['--backup', 'junk', '--out', 'out'],
  'material drill': ['x', '--backup', 'junk'],
  'key create': ['--alias', 'x'],
  'key schedule-deletion': ['x', '--days', '7', '--yes'],
  'key delete-material': ['x', '--yes'],
  'key succeed': ['x', '--material', 'kept.key'],
  'key import': ['x', '--material', 'kept.key'],
  'key alias add': ['x', 'y'],
  'key alias remove': ['x', 'y'],
  'key alias move': ['x', 'y'],
  'key alias list': ['x'],
  completion: ['bash'],
}
const switches: ReadonlySet<string> = new Set([
  ...[
    '--json',
    '--yes',
    '--back',
    '--external',
    '--without-drill',
    '--insecure-http',
    '--unsigned-payload',
  ],
])
const credentials = {
  endpoint: 'http://127.0.0.1:9',
  project_id: '0'.repeat(32),
  access_key: 'A'.repeat(20),
  secret_key: 's',
}

/**
 * The arguments without a flag, so that it is not given twice, and without those that conflict with
 * it.
 */
function without(args: readonly string[], flag: string): string[] {
  const apart = new Set([
    flag,
    ...eitherOr
      .map((names) => names.map(flagNamed))
      .flatMap((flags) => (flags.includes(flag) ? flags : [])),
  ])
  return args.filter((word, i) => !apart.has(word) && !apart.has(args[i - 1] ?? ''))
}

/** The flag, from the name that commander derives from it. */
function flagNamed(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** A folder with what the commands are given. */
function folderOfItsOwn(): string {
  const folder = mkdtempSync(join(root, 'owner-'))
  for (const [name, content] of [
    ['kept.key', new Uint8Array(32).map((_, i) => i * 7 + 3)],
    ['junk', new Uint8Array(200).map((_, i) => i * 31 + 5)],
    ['empty', ''],
    ['open.txt', 'open to others'],
    ['parameters.json', '{"key_id": "x", "import_token": "AAAA", "public_key": "AAAA"}'],
    ['credentials.json', JSON.stringify(credentials)],
  ] as const)
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  chmodSync(join(folder, 'open.txt'), 0o666)
  mkdirSync(join(folder, 'folder'))
  return folder
}
const completion = spawnSync(process.execPath, [holdfast, 'completion', 'bash'], {
  encoding: 'utf8',
}).stdout

/** Values of one flag: each flag has others, so that a command meets all of them. */
const valuesOfFlag = 5
let next = 0
function someValues(): string[] {
  const from = next
  next += valuesOfFlag
  return Array.from(
    { length: valuesOfFlag },
    (_, i) => badValues[(from + i) % badValues.length] as string,
  )
}

// Two commands at a time: there are a thousand of them, each a process that reads the whole
// command line.
describe('a value that cannot be right', { timeout: 1_200_000, concurrency: 2 }, () => {
  for (const [command, flags] of commandsOf(completion))
    for (const flag of flags.filter((one) => !switches.has(one)))
      test(`${command} ${flag}`, async () => {
        const values = someValues()
        const folder = folderOfItsOwn()
        const before = readdirSync(folder)
        const base = plausible[command] ?? (command.startsWith('key ') ? ['x'] : [])
        const place = flags.includes('--endpoint') ? ['--credentials', 'credentials.json'] : []
        for (const value of values) {
          const args = [...command.split(' '), ...without([...base, ...place], flag), flag, value]
          const { status, stderr } = await run(folder, args)
          const said = JSON.stringify([value, status, stderr])
          assert.ok(status !== null && status <= 5, said)
          assert.doesNotMatch(stderr, /cannot be used with/, said)
          assert.match(besidesLog(stderr), /^(?:[^\n]+\n(?:\(Did you mean [^\n]*\)\n)?)?$/, said)
          assert.doesNotMatch(stderr, /fault of Holdfast|^ +at |node:internal/m, said)
          for (const name of readdirSync(folder))
            if (!before.includes(name)) rmSync(join(folder, name), { recursive: true })
        }
        rmSync(folder, { recursive: true })
      })
})
