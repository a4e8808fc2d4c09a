/** The README's quick start, typed as it is written. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../fakes/free-port.ts'
import { missing } from '../../tools.ts'
import { blocks, run } from '../documents.ts'
import { newFolder, TestServer } from '../server.ts'

test('the quick start takes an imported key through its lifecycle', {
  timeout: 60_000,
  skip: missing('openssl'),
}, async () => {
  const [script, ...more] = blocks('README.md', 'sh')
  assert.ok(script !== undefined && more.length === 0)
  const listen = `127.0.0.1:${await freePort()}`
  await using server = await TestServer.start({ flags: ['--listen', listen] })
  const folder = newFolder()
  cpSync('examples', join(folder, 'examples'), { recursive: true })
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  const { stdout, stderr } = await run('bash', ['-c', script], {
    cwd: folder,
    environment: { HOLDFAST_DATA: server.data },
  })
  assert.match(stderr, /refused: KMS\.1301 /)
  assert.equal(stderr.split('\n').length, 2, `one line says what was refused: ${stderr}`)
  assert.equal(stdout, '{}\n4711 anvils\n{}\n{}\n4711 anvils\n')
})

test('the README names the port and the files that the server uses', () => {
  const readme = readFileSync('README.md', 'utf8')
  for (const said of [
    'http://127.0.0.1:8320',
    './holdfast-data',
    'bootstrap.json',
    'root.key',
    'npm start',
    'npm test',
  ])
    assert.ok(readme.includes(said), said)
})
