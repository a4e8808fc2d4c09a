/**
 * A wrong clock, over HTTP: what is refused, what waits, what never happens, and how the clock is
 * accepted. SECURITY G23.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient } from '../admin-client.ts'
import type { Answer, HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000] as const
const year = 365 * day
/** Due work and the check of the clock run once a second. */
const someRoundsMs = 1500

/** A server whose clock can be wrong, and a client whose clock is right. */
class Scene {
  readonly data = newFolder()
  readonly #clockFile = join(this.data, 'clock')
  #wrongMs = 0
  #passedMs = 0
  server!: TestServer
  client!: HuaweiClient

  async start(): Promise<this> {
    this.server = await TestServer.start({
      data: this.data,
      hooks: { module: hooksModule, data: { clockFile: this.#clockFile } },
    })
    this.client = this.server.client()
    this.client.clock = () => this.now()
    return this
  }

  async stop(): Promise<void> {
    this.client.close()
    await this.server.stop()
  }

  /** The right time. */
  now(): number {
    return Date.now() + this.#passedMs
  }

  /** Time passes, whichever time the clock shows. */
  pass(ms: number): void {
    this.#passedMs += ms
    this.#move()
  }

  /** The server's clock becomes wrong by `ms` in total. */
  wrong(ms: number): void {
    this.#wrongMs = ms
    this.#move()
  }

  async readiness(): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${this.server.url}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }

  /** Waits until the text of the readiness check matches. */
  async untilReady(says: RegExp): Promise<void> {
    await until(async () => says.test((await this.readiness()).text), 10_000)
  }

  /** A key with imported material that expires, and the ciphertext of 'kept'. */
  async expiring(inMs: number): Promise<{ id: string; ciphertext: string }> {
    const id = await this.client.createKey({ origin: 'external' })
    const material = crypto.getRandomValues(new Uint8Array(32))
    await this.client.import(id, material, {
      expiration_time: Math.floor((this.now() + inMs) / 1000),
    })
    return { id, ciphertext: await this.client.encrypt(id, 'kept') }
  }

  /** A call as if the server's clock were right for this client. */
  async asWrongAsTheServer<T>(use: () => Promise<T>): Promise<T> {
    this.client.clock = () => this.now() + this.#wrongMs
    try {
      return await use()
    } finally {
      this.client.clock = () => this.now()
    }
  }

  async token(): Promise<string> {
    const { access_key: access, secret_key: secret, project_id } = this.client.credentials
    const identity = {
      methods: ['hw_ak_sk'],
      hw_ak_sk: { access: { key: access }, secret: { key: secret } },
    }
    const auth = { identity, scope: { project: { id: project_id } } }
    const headers = { 'Content-Type': 'application/json' }
    const answer = await this.client.send({
      method: 'POST',
      path: '/v3/auth/tokens',
      headers,
      body: JSON.stringify({ auth }),
    })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return String(answer.headers['x-subject-token'])
  }

  withToken(token: string): Promise<Answer> {
    const path = `/v1.0/${this.client.credentials.project_id}/kms/list-keys`
    return this.client.send({
      method: 'POST',
      path,
      headers: { 'X-Auth-Token': token },
      body: '{}',
    })
  }

  /** Records in the log of an operator who accepts the clock. */
  async accepting(): Promise<string[]> {
    const leaves = await this.server.leaves()
    return leaves
      .map((leaf) => leaf.toString('latin1'))
      .filter((leaf) => leaf.includes('accept-clock'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close()
    await this.server[Symbol.asyncDispose]()
  }

  #move(): void {
    moveClock(this.#clockFile, {
      wallMs: this.#passedMs + this.#wrongMs,
      monotonicMs: this.#passedMs,
    })
  }
}

const together = { concurrency: true }
const oneAfterTheOther = { concurrency: 1 }

describe('a clock that is wrong', together, () => {
  describe('while the server runs', oneAfterTheOther, () => {
    let scene: Scene
    let kept: { id: string; ciphertext: string }
    let ending: string

    before(async () => {
      scene = await new Scene().start()
      kept = await scene.expiring(30 * day)
      ending = await scene.client.createKey()
      await scene.client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
      await scene.untilReady(/^ready$/m)
    })
    after(() => scene[Symbol.asyncDispose]())

    const undisturbed = async (): Promise<void> => {
      assert.equal(await scene.client.decrypt(kept.ciphertext), 'kept')
      assert.equal((await scene.client.describe(ending)).key_state, '4')
    }

    const rows: readonly [what: string, ms: number, says: RegExp, use: 'goes on' | 'refused'][] = [
      [
        'two minutes ahead',
        2 * minute + 2000,
        /^clock: the clock jumped (2 minutes|1\d\d seconds) ahead: .*holdfast clock accept$/m,
        'goes on',
      ],
      [
        'two minutes back',
        -2 * minute - 2000,
        /^clock: the clock is 2 minutes behind: .*holdfast clock accept --back$/m,
        'goes on',
      ],
      [
        'ten years ahead',
        10 * year,
        /^clock: the clock jumped 3649 days ahead|^clock: the clock jumped 3650 days ahead/m,
        'refused',
      ],
      [
        'ten years back',
        -10 * year,
        /^clock: the clock is 3650 days behind|^clock: the clock is 3649 days behind/m,
        'goes on',
      ],
    ]
    for (const [what, ms, says, use] of rows)
      test(`${what}: not ready and says why, nothing is destroyed, use ${use}; once it is right again, nothing is refused`, async () => {
        const expired = await scene.token()
        scene.pass(25 * hour)
        refused(await scene.withToken(expired), 401, 'KMS.0303')
        const token = await scene.token()
        scene.wrong(ms)
        await scene.untilReady(says)
        assert.equal((await scene.readiness()).status, 503)
        refused(await scene.withToken(expired), 401, 'KMS.0303')
        const decrypted = await scene.asWrongAsTheServer(() =>
          scene.client.call('decrypt-data', { cipher_text: kept.ciphertext }),
        )
        if (use === 'goes on') accepted(decrypted)
        else assert.equal(decrypted.body.error.error_code, 'KMS.1301')
        scene.pass(hour)
        await sleep(someRoundsMs)
        scene.wrong(0)
        await undisturbed()
        accepted(await scene.withToken(token))
        await scene.untilReady(/^ready$/m)
        await until(() => /the clock is right again/.test(scene.server.output), 10_000)
      })

    test('after an hour with a clock one day ahead, clients with a right clock are let in, and those with a wrong one are not', async () => {
      const token = await scene.token()
      scene.wrong(day)
      await scene.untilReady(/^clock: /m)
      refused(await scene.client.call('list-keys'), 403, 'KMS.0303')
      // Calls keep the writer and its floor busy.
      for (let i = 0; i < 6; i++) {
        scene.pass(10 * minute)
        await scene.asWrongAsTheServer(async () => accepted(await scene.client.call('list-keys')))
      }
      const tokenAhead = await scene.token()
      scene.wrong(0)
      accepted(await scene.client.call('list-keys'))
      accepted(await scene.withToken(token))
      for (const ms of [16, 30, 40, -16, -30, -40].map((minutes) => minutes * minute)) {
        scene.client.clock = () => scene.now() + ms
        refused(await scene.client.call('list-keys'), 403, 'KMS.0303')
      }
      scene.client.clock = () => scene.now()
      refused(await scene.withToken(tokenAhead), 401, 'KMS.0303')
      await scene.untilReady(/^ready$/m)
    })

    test('a session that began while the clock was ahead ends with that; tries counted then lock nobody out', async () => {
      const { credentials } = scene.client
      const admin = new AdminClient(scene.server.url)
      scene.wrong(10 * year)
      await scene.untilReady(/^clock: /m)
      for (let i = 0; i < 5; i++)
        assert.match(
          String((await admin.signIn(credentials.user_name, 'wrong')).status),
          i < 4 ? /401/ : /401|429/,
        )
      scene.wrong(0)
      await scene.untilReady(/^ready$/m)
      const password = await admin.enter(credentials)
      scene.wrong(day)
      await scene.untilReady(/^clock: /m)
      const ahead = new AdminClient(scene.server.url)
      assert.equal((await ahead.signIn(credentials.user_name, password)).status, 201)
      assert.equal((await ahead.call('GET', '/session')).status, 200)
      scene.wrong(0)
      await scene.untilReady(/^ready$/m)
      assert.equal((await ahead.call('GET', '/session')).status, 401)
      assert.equal((await admin.call('GET', '/session')).status, 200)
      for (const one of [admin, ahead]) one.close()
    })

    test('a clock set back revives nothing that expired, and is accepted only when an operator says so, on the record', async () => {
      const soon = await scene.expiring(2 * hour)
      scene.wrong(-year)
      await scene.untilReady(
        /^clock: the clock is 365 days behind|^clock: the clock is 364 days behind/m,
      )
      scene.pass(3 * hour)
      await sleep(someRoundsMs)
      const use = () =>
        scene.asWrongAsTheServer(() =>
          scene.client.call('decrypt-data', { cipher_text: soon.ciphertext }),
        )
      refused(await use(), 400, 'KMS.1301')
      const shown = await scene.server.holdfast('clock')
      assert.match(
        shown.stdout,
        new RegExp(`behind.*\n.*\n.*could be used again:\n(?:.*\n)*  material of key ${soon.id}`),
      )
      await assert.rejects(scene.server.holdfast('clock', 'accept'), /holdfast clock accept --back/)
      refused(await use(), 400, 'KMS.1301')
      await scene.server.holdfast('clock', 'accept', '--back')
      await scene.untilReady(/^ready$/m)
      accepted(await use())
      await assert.rejects(scene.server.holdfast('clock', 'accept', '--back'), /the clock is right/)
      const records = await scene.accepting()
      assert.equal(records.filter((one) => one.includes('not-permitted')).length, 1, 'refused once')
      assert.equal(
        records.filter((one) => one.includes('changed-meanwhile')).length,
        1,
        'once more when it was right',
      )
      assert.equal(
        records.filter(
          (one) => /operator.*s behind of 20/s.test(one) && !/not-perm|changed/.test(one),
        ).length,
        1,
      )
    })
  })

  describe('at a start', oneAfterTheOther, () => {
    let scene: Scene
    let kept: { id: string; ciphertext: string }

    before(async () => {
      scene = await new Scene().start()
      kept = await scene.expiring(30 * day)
      await scene.untilReady(/^ready$/m)
      await scene.stop()
    })
    after(() => scene[Symbol.asyncDispose]())

    test('ten years back: not ready, and nothing is changed', async () => {
      scene.wrong(-10 * year)
      await scene.start()
      await scene.untilReady(/^clock: the clock is \d+ days behind/m)
      await scene.stop()
    })

    test('ten years ahead: use is refused, and what expires by then is not erased, but named', async () => {
      scene.wrong(10 * year)
      await scene.start()
      await scene.untilReady(
        /^clock: the clock is 36\d\d days ahead of the last record: .* after another .* of running\. .*accept$/m,
      )
      assert.equal(
        (await scene.readiness()).text.includes(kept.id),
        false,
        'strangers are shown no key',
      )
      await until(() => scene.server.output.includes(`material of key ${kept.id}, due at `), 10_000)
      const use = await scene.asWrongAsTheServer(() =>
        scene.client.call('decrypt-data', { cipher_text: kept.ciphertext }),
      )
      refused(use, 400, 'KMS.1301')
      await sleep(someRoundsMs)
      await scene.stop()
      scene.wrong(0)
      await scene.start()
      assert.equal(await scene.client.decrypt(kept.ciphertext), 'kept')
      await scene.untilReady(/^ready$/m)
      await scene.stop()
    })

    test('two days ahead: accepted after the server has run for an hour', async () => {
      const gone = await (async () => {
        scene.wrong(0)
        await scene.start()
        const one = await scene.expiring(day)
        await scene.stop()
        return one
      })()
      scene.wrong(2 * day)
      await scene.start()
      await scene.untilReady(/^clock: the clock is 2 days ahead of the last record/m)
      const describe_ = () => scene.asWrongAsTheServer(() => scene.client.describe(gone.id))
      await sleep(someRoundsMs)
      assert.notEqual((await describe_()).expiration_time, '')
      scene.pass(61 * minute)
      await scene.untilReady(/^ready$/m)
      await until(async () => (await describe_()).expiration_time === '', 10_000)
      await scene.stop()
    })

    test('sixty days ahead, and accepted: what fell due is erased, on the record', async () => {
      scene.wrong(62 * day)
      await scene.start()
      await scene.untilReady(/^clock: the clock is (60|59) days ahead/m)
      const shown = JSON.parse((await scene.server.holdfast('clock', '--json')).stdout)
      assert.equal(shown.state, 'ahead')
      assert.deepEqual(
        shown.endings.map(({ key_id }: { key_id: string }) => key_id),
        [kept.id],
      )
      assert.match((await scene.server.holdfast('clock', 'accept')).stdout, /^time continues from /)
      await scene.untilReady(/^ready$/m)
      await scene.asWrongAsTheServer(() =>
        until(async () => (await scene.client.describe(kept.id)).expiration_time === '', 10_000),
      )
      assert.equal((await scene.accepting()).length, 1)
      await scene.stop()
      rmSync(scene.data, { recursive: true, force: true })
    })
  })

  test('after a stop, what expired while it was stopped is erased at once; what was due for deletion waits an hour', async () => {
    await using scene = await new Scene().start()
    const ending = await scene.client.createKey()
    await scene.client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
    scene.pass(6.5 * day)
    const { id } = await scene.expiring(hour)
    await scene.stop()
    scene.pass(20 * hour)
    await scene.start()
    // Where other nodes may write, a server first waits to hear from them.
    scene.pass(2 * minute)
    await until(async () => (await scene.client.describe(id)).expiration_time === '', 10_000)
    assert.equal((await scene.client.describe(id)).key_state, '5')
    await sleep(someRoundsMs)
    assert.equal(
      (await scene.client.describe(ending)).key_state,
      '4',
      'it waits for an hour of running',
    )
    scene.pass(61 * minute)
    await until(
      async () => (await scene.client.call('describe-key', { key_id: ending })).status === 404,
      10_000,
    )
  })
})
