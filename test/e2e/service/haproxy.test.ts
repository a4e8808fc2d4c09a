/**
 * HAProxy with docs/deploy/haproxy.cfg, as it is there, in front of three nodes over one
 * PostgreSQL: a rolling restart under load fails no call, and a node that died is left out.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isListening } from '../../fakes/free-port.ts'
import { PostgresServer, Sql, withoutPostgres } from '../../fakes/postgres.ts'
import { missing, tool } from '../../tools.ts'
import { newCertificate } from '../certificate.ts'
import { HuaweiClient, readCredentials } from '../client.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const configuration = 'docs/deploy/haproxy.cfg'
const name = 'kms.example.com'
const callers = 8
const drainSeconds = '5'

type Answer = { readonly status: number; readonly text: string }

class Balancer {
  readonly port: number
  readonly #child: ChildProcess
  #said = ''

  private constructor(port: number, child: ChildProcess) {
    this.port = port
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString()
      })
  }

  /** @param environment what the configuration takes from there, besides its own address. */
  static async start(environment: Readonly<Record<string, string>>): Promise<Balancer> {
    const port = await freePort()
    const child = spawn(tool('haproxy'), ['-db', '-f', configuration], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment, HOLDFAST_BIND: `127.0.0.1:${port}` },
    })
    const balancer = new Balancer(port, child)
    await until(async () => child.exitCode !== null || (await isListening(port)), 10_000)
    assert.equal(child.exitCode, null, balancer.#said)
    return balancer
  }

  /** How often it has logged that. */
  times(pattern: RegExp): number {
    return [...this.#said.matchAll(pattern)].length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** Three nodes, their database, and one certificate for all of them and the balancer. */
class Scene {
  readonly folder = newFolder()
  readonly nodes: TestServer[] = []
  readonly ports: number[] = []
  postgres!: PostgresServer
  client!: HuaweiClient
  balancer: Balancer | undefined
  readonly #flags: string[][] = []
  #ca!: Buffer

  async start(): Promise<void> {
    const { cert, key } = newCertificate(this.folder, `DNS:${name},IP:127.0.0.1`)
    this.#ca = readFileSync(cert)
    writeFileSync(join(this.folder, 'both.pem'), Buffer.concat([this.#ca, readFileSync(key)]))
    this.postgres = await PostgresServer.start()
    const url = await this.postgres.database()
    for (let i = 0; i < 3; i++) {
      const port = await freePort()
      const [first] = this.nodes
      this.#flags.push([
        ...['--database-url', url, '--tls-cert', cert, '--tls-key', key],
        ...['--listen', `127.0.0.1:${port}`, '--trusted-proxy', '127.0.0.1'],
        ...['--drain-seconds', drainSeconds, '--metrics-listen', 'off'],
        ...(first === undefined ? [] : ['--root', `file:${join(first.data, 'root.key')}`]),
      ])
      this.ports.push(port)
      this.nodes.push(await TestServer.start({ flags: this.#flags[i] ?? [] }))
    }
    this.balancer = await this.balance()
    const credentials = readCredentials(join(this.nodes[0]?.data ?? '', 'bootstrap.json'))
    this.client = new HuaweiClient(`https://127.0.0.1:${this.balancer.port}`, credentials)
  }

  /** Another balancer in front of the same nodes, which expects that name in their certificates. */
  balance(expected = name): Promise<Balancer> {
    const [one, two, three] = this.ports.map((port) => `127.0.0.1:${port}`) as [
      string,
      string,
      string,
    ]
    return Balancer.start({
      HOLDFAST_PEM: join(this.folder, 'both.pem'),
      HOLDFAST_NODES_CA: join(this.folder, 'cert.pem'),
      HOLDFAST_NODES_NAME: expected,
      HOLDFAST_NODE_1: one,
      HOLDFAST_NODE_2: two,
      HOLDFAST_NODE_3: three,
    })
  }

  /** Starts a node that has ended, as it was started before. */
  async startAgain(i: number): Promise<void> {
    const data = this.nodes[i]?.data ?? ''
    this.nodes[i] = await TestServer.start({ data, flags: this.#flags[i] ?? [] })
  }

  /** A signed call through the balancer; without an answer its status is 0. */
  call(operation: string, fields: object, agent: Agent, url = this.client.url): Promise<Answer> {
    const path = `/v1.0/${this.client.credentials.project_id}/kms/${operation}`
    const { headers, body } = this.client.sign('POST', path, fields)
    return new Promise((resolve) => {
      const fail = ({ message }: Error): void => resolve({ status: 0, text: message })
      const options = { method: 'POST', agent, headers, ca: this.#ca }
      const sent = request(url + path, options, (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
        answer.on('error', fail)
      })
      sent.on('error', fail)
      sent.end(body)
    })
  }

  /** @returns the ID of a new key. */
  async createKey(agent: Agent): Promise<string> {
    const { status, text } = await this.call(
      'create-key',
      { key_alias: crypto.randomUUID() },
      agent,
    )
    assert.equal(status, 200, text)
    return JSON.parse(text).key_info.key_id
  }

  async stop(): Promise<void> {
    await this.balancer?.[Symbol.asyncDispose]()
    for (const node of this.nodes) await node[Symbol.asyncDispose]()
    await this.postgres.stop()
    rmSync(this.folder, { recursive: true })
  }
}

describe('behind HAProxy', { skip: withoutPostgres || missing('haproxy', 'openssl') }, () => {
  const scene = new Scene()
  before(() => scene.start(), { timeout: 60_000 })
  after(() => scene.stop())

  test('a rolling restart of all nodes under load: no call fails', {
    timeout: 180_000,
  }, async (t) => {
    const { balancer } = scene
    assert.ok(balancer)
    const agent = new Agent({ keepAlive: true, maxSockets: callers })
    const key_id = await scene.createKey(agent)
    const answered = new Map<string, number>()
    let isOver = false
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const fields = { key_id, plain_text: 'x' }
        const { status, text } = await scene.call('encrypt-data', fields, agent)
        const kind = status === 200 ? '200' : `${status} ${text}`
        answered.set(kind, (answered.get(kind) ?? 0) + 1)
        await sleep(5)
      }
    }
    const load = Array.from({ length: callers }, caller)
    for (const i of scene.nodes.keys()) {
      const [isDown, isUp] = ['DOWN', 'UP'].map(
        (state) => new RegExp(`Server nodes/node-${i + 1} is ${state}`, 'g'),
      ) as [RegExp, RegExp]
      assert.equal(await scene.nodes[i]?.stop(), 0)
      assert.equal(balancer.times(isDown) > 0, true, 'it was noticed while the node still answered')
      await scene.startAgain(i)
      await until(() => balancer.times(isUp) > 0, 20_000)
    }
    isOver = true
    await Promise.all(load)
    assert.deepEqual([...answered.keys()], ['200'], JSON.stringify([...answered]))
    assert.ok(Number(answered.get('200')) > 500, `${answered.get('200')} calls`)
    t.diagnostic(`${answered.get('200')} calls`)
    for (const i of [1, 2, 3])
      assert.ok(balancer.times(new RegExp(` nodes/node-${i} `, 'g')) > 50, `calls on node ${i}`)
    agent.destroy()
  })

  test('a node opens as many connections to PostgreSQL as the documentation says', async (t) => {
    const sql = new Sql(scene.postgres.url('postgres'))
    const [row] = await sql.rows(
      "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'holdfast' AND pid <> pg_backend_pid()",
    )
    await sql.end()
    const mostOfNode = 1 + 4 + 4 + 1 + 1
    const open = Number(row?.n)
    t.diagnostic(`${open} connections`)
    assert.ok(open >= 3 && open <= 3 * mostOfNode, `${open} connections of three nodes`)
  })

  test('calls go to other nodes while one is dead and that is not noticed yet', async () => {
    const agent = new Agent({ keepAlive: false })
    const key_id = await scene.createKey(agent)
    await scene.nodes[2]?.signal('SIGKILL')
    const fields = { key_id, plain_text: 'x' }
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => scene.call('encrypt-data', fields, agent)),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    await scene.startAgain(2)
  })

  test('nodes whose certificates have another name get no calls', async () => {
    await using other = await scene.balance('other.example.com')
    const agent = new Agent({ keepAlive: false })
    const url = `https://127.0.0.1:${other.port}`
    const isDown = (i: number): boolean =>
      other.times(new RegExp(`node-${i} is DOWN.*certificate different from`, 'g')) > 0
    await until(() => [1, 2, 3].every(isDown), 20_000)
    assert.equal((await scene.call('list-keys', {}, agent, url)).status, 503)
  })
})
