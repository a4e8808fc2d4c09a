/**
 * The end of a terminal: a server under nohup survives it, one that runs on it stops in order.
 *
 * @also two-threads
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missing, tool } from '../../tools.ts'
import { newFolder } from '../server.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * What is between the terminal and the server -> what happens to the server when the terminal is
 * gone.
 */
const rows: readonly (readonly [how: string, command: string, becomes: string])[] = [
  ['on the terminal', 'exec "$@"', 'ended 0\n'],
  ['with its output in a file', 'exec "$@" > "$OUT"', 'ended 0\n'],
  ['under nohup', 'exec nohup "$@" > "$OUT"', 'alive\nended 0\n'],
  [
    'under a shell that ignores hangups',
    'trap "" HUP; exec "$@" > "$OUT" 2>&1 < /dev/null',
    'alive\nended 0\n',
  ],
]

for (const [how, command, becomes] of rows)
  test(`the terminal of a server ${how} is closed`, { skip: missing('python3') }, () => {
    const folder = newFolder()
    const out = join(folder, 'out')
    const server = [
      process.execPath,
      join(root, 'src/main.ts'),
      'server',
      '--data',
      join(folder, 'data'),
      '--listen',
      '127.0.0.1:0',
    ]
    const { stdout, stderr } = spawnSync(
      tool('python3'),
      [join(root, 'test/e2e/service/hangup.py'), out, 'sh', '-c', command, 'sh', ...server],
      { encoding: 'utf8', cwd: folder, env: { ...process.env, OUT: out } },
    )
    assert.equal(stdout, becomes, stderr)
    // Stopped in order: a lock that was left behind would be one of a crash.
    assert.equal(existsSync(join(folder, 'data', 'root.key')), true)
    rmSync(folder, { recursive: true })
  })
