/** The README's quick start, typed as it stands. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { newFolder, TestServer } from './server.ts'

/** Code blocks of a language, in the order in which they stand. */
function blocks(file: string, language: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return [...found].map(([, block]) => block ?? '')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function bash(script: string, cwd: string, environment: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', script], { cwd, env: { ...process.env, ...environment } })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('exit', () => resolve({ stdout, stderr }))
  })
}

test('the quick start takes an imported key through its life', { timeout: 60_000 }, async () => {
  const [script, ...more] = blocks('README.md', 'sh')
  assert.ok(script !== undefined && more.length === 0)
  const listen = `127.0.0.1:${await freePort()}`
  await using server = await TestServer.start({ flags: ['--listen', listen] })
  const folder = newFolder()
  cpSync('examples', join(folder, 'examples'), { recursive: true })
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  const { stdout, stderr } = await bash(script, folder, { HOLDFAST_DATA: server.data })
  assert.match(stderr, /refused: KMS\.1301 /)
  assert.equal(stderr.split('\n').length, 2, `one line says what was refused: ${stderr}`)
  assert.equal(stdout, '{}\n4711 anvils\n{}\n{}\n4711 anvils\n')
})

test('the README names the port and the files that the server uses', () => {
  const readme = readFileSync('README.md', 'utf8')
  for (const said of ['http://127.0.0.1:8320', './holdfast-data', 'bootstrap.json', 'root.key', 'npm start', 'npm test'])
    assert.ok(readme.includes(said), said)
})
