/**
 * "From one machine to three nodes" of docs/operations.md, word for word except for the numbers of
 * the ports: what was generated, imported and encrypted on one machine is served by three nodes.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import nodeFlags from '../../../bin/node-flags.json' with { type: 'json' }
import { freePort, isListening } from '../../fakes/free-port.ts'
import { PostgresServer, withoutPostgres } from '../../fakes/postgres.ts'
import { missing, tool } from '../../tools.ts'
import { AdminClient } from '../admin-client.ts'
import { HuaweiClient, readCredentials } from '../client.ts'
import { blocks } from '../documents.ts'
import { refused } from '../expect.ts'
import { newFolder } from '../server.ts'
import { until } from '../until.ts'

const root = process.cwd()
const guide = blocks('docs/operations.md', 'sh')
const documentedPorts = ['8331', '8341', '8351', '8440']

/** A shell that a person types into. */
class Shell {
  readonly #child: ChildProcess
  #said = ''

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#child = spawn('bash', ['-s'], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString()
      })
  }

  /** @returns what is said to a block, all of whose commands must succeed. */
  async type(block: string): Promise<string> {
    const from = this.#said.length
    const ended = `typed ${crypto.randomUUID()}`
    const script = `failed=\ntrap 'failed="$BASH_COMMAND"' ERR\n${block}\ntrap - ERR\n`
    this.#child.stdin?.write(`${script}echo; echo "${ended} $failed"\n`)
    await until(() => this.#said.includes(`${ended} `), 60_000)
    const answer = this.#said.slice(from)
    assert.ok(answer.includes(`${ended} \n`), `${block}\n${answer}`)
    return answer
  }

  /** Ends what was started in it, and the shell. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.stdin?.end('kill $(jobs -p); wait\nexit 0\n')
    await ended
  }
}

const withoutPrograms = withoutPostgres || missing('haproxy', 'openssl')

describe('from one machine to three nodes', { skip: withoutPrograms }, () => {
  const folder = newFolder()
  const path = (name: string): string => join(folder, name)
  let postgres: PostgresServer
  let shell: Shell
  let ports: readonly number[]
  let first: string
  let password: string
  const clients: HuaweiClient[] = []
  /** Types the block that begins so. */
  const type = (start: RegExp): Promise<string> => {
    const [block, ...more] = guide.filter((one) => start.test(one))
    assert.ok(block !== undefined && more.length === 0, `one block begins with ${start}`)
    typed.add(block)
    return shell.type(
      documentedPorts.reduce((text, port, i) => text.replaceAll(port, String(ports[i])), block),
    )
  }
  const typed = new Set<string>()
  const isReady = (log: string): Promise<void> =>
    until(() => {
      const said = existsSync(path(log)) ? readFileSync(path(log), 'utf8') : ''
      assert.doesNotMatch(said, /^holdfast: /m)
      return said.includes('holdfast ready on')
    }, 30_000)

  before(async () => {
    postgres = await PostgresServer.start()
    ports = await Promise.all(documentedPorts.map(freePort))
    first = `127.0.0.1:${await freePort()}`
    symlinkSync(join(root, 'docs'), path('docs'))
    mkdirSync(path('bin'))
    const script = `#!/bin/sh\nexec '${process.execPath}' ${nodeFlags.join(' ')} '${join(root, 'src/main.ts')}' "$@"\n`
    writeFileSync(path('bin/holdfast'), script, { mode: 0o755 })
    const programs = [path('bin'), dirname(tool('initdb')), dirname(tool('haproxy'))]
    shell = new Shell(folder, {
      PATH: [...programs, process.env.PATH].join(':'),
      ...{ PGHOST: '127.0.0.1', PGPORT: String(postgres.port), PGUSER: 'holdfast' },
      ...{ HOLDFAST_LISTEN: first, HOLDFAST_METRICS_LISTEN: 'off' },
    })
  })
  after(async () => {
    for (const client of clients) client.close()
    await shell.end()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const clientOf = (url: string, caFile?: string): HuaweiClient => {
    const credentials = readCredentials(path('holdfast-data/bootstrap.json'))
    const client = new HuaweiClient(url, credentials, 4, false, caFile)
    clients.push(client)
    return client
  }
  let generated: string
  let imported: string
  let importedKey: string

  test('the server of today has keys, one of them imported, and encrypts', async () => {
    await type(/^holdfast server --data holdfast-data >/)
    await isReady('holdfast.log')
    await type(/^holdfast key create/)
    const client = clientOf(`http://${first}`)
    generated = await client.encrypt(await client.createKey(), 'generated')
    importedKey = await client.createKey({ origin: 'external' })
    await client.import(importedKey, randomBytes(32))
    imported = await client.encrypt(importedKey, 'imported')
    const admin = new AdminClient(`http://${first}`)
    password = await admin.enter(client.credentials)
    admin.close()
  })

  test('it is stopped, and its data is moved to a new database', { timeout: 60_000 }, async () => {
    await type(/^kill %1/)
    await type(/^createdb/)
    assert.match(
      await type(/^holdfast move/),
      /^the deployment [0-9a-f]{32} is in PostgreSQL: \d+ rows and \d+ records/m,
    )
  })

  test('it does not start on its file any longer', async () => {
    assert.match(
      await shell.type('! holdfast server --data holdfast-data'),
      /^holdfast: the data in \S+ was moved to PostgreSQL, and holdfast\.db\.moved is what it was/m,
    )
  })

  test('three nodes start on the database, and HAProxy in front of them', {
    timeout: 120_000,
  }, async () => {
    await type(/^openssl/)
    await type(/^holdfast server --data holdfast-data --database/)
    await isReady('node-1.log')
    assert.match(await type(/^holdfast key show orders --endpoint https/), /orders/)
    await type(/^mkdir/)
    await isReady('node-2.log')
    await isReady('node-3.log')
    await type(/^\(umask 077; cat/)
    await until(() => isListening(ports[3] ?? 0), 10_000)
    assert.match(await type(/^holdfast status/), /orders/)
    assert.deepEqual(
      guide.filter((block) => !typed.has(block)),
      [],
      'every block was typed',
    )
  })

  test('each of them decrypts what was encrypted before, and so does the address of all', async () => {
    for (const port of ports) {
      const client = clientOf(`https://127.0.0.1:${port}`, path('node-cert.pem'))
      assert.equal(await client.decrypt(generated), 'generated')
      assert.equal(await client.decrypt(imported), 'imported')
    }
  })

  test('an imported key that one disables is refused by the others', async () => {
    const nodes = ports
      .slice(0, 3)
      .map((port) => clientOf(`https://127.0.0.1:${port}`, path('node-cert.pem')))
    await nodes[0]?.ok('disable-key', { key_id: importedKey })
    for (const node of nodes)
      refused(await node.call('decrypt-data', { cipher_text: imported }), 400, 'KMS.0209')
    await nodes[2]?.ok('enable-key', { key_id: importedKey })
    for (const node of nodes) assert.equal(await node.decrypt(imported), 'imported')
  })

  test('each finds the records from before, and that of the move', async () => {
    const { user_name, project_id } = readCredentials(path('holdfast-data/bootstrap.json'))
    for (const port of ports.slice(0, 3)) {
      const admin = new AdminClient(`https://127.0.0.1:${port}`, path('node-cert.pem'))
      await admin.signIn(user_name, password, { project: project_id })
      for (const operation of ['import-key-material', 'encrypt', 'move-database']) {
        const { records } = await admin.ok('GET', `/audit?operation=${operation}`)
        assert.ok(records.length > 0, operation)
      }
      admin.close()
    }
  })
})
