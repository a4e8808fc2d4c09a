/**
 * Signing in to the console: sessions, how they end, what a page of another origin can and cannot
 * do, guessing. SECURITY.
 *
 * @also two-threads, postgresql
 * @deep
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient, newPassword } from '../admin-client.ts'
import type { Answer, HuaweiClient } from '../client.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const minute = 60_000

function code({ status, body }: Answer): string {
  return `${status} ${body?.error?.code}`
}

/** The password was not checked, and the answer says how long that remains so. */
function assertHeldBack(answer: Answer, why: string): void {
  assert.equal(code(answer), '429 sign-in-held-back', why)
  const seconds = Number(answer.headers['retry-after'])
  assert.ok(
    Number.isInteger(seconds) && seconds >= 1 && seconds <= 900,
    `${why}: ${answer.headers['retry-after']}`,
  )
  assert.match(answer.body.error.message, new RegExp(`; wait ${seconds} s, then try again$`))
}

describe('sessions of the console', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let server: TestServer
  let client: HuaweiClient
  let password: string

  const start = async (): Promise<void> => {
    server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client?.close()
    client = server.client()
    client.clock = () => Date.now() + moved
  }
  before(async () => {
    await start()
    const first = new AdminClient(server.url)
    password = await first.enter(client.credentials)
    first.close()
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const pass = (ms: number): void => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
  }
  const signedIn = async (): Promise<AdminClient> => {
    const admin = new AdminClient(server.url)
    const answer = await admin.signIn('admin', password)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return admin
  }

  test('until the first password is replaced a session can do nothing but replace it', async () => {
    const other = await TestServer.start()
    const { user_name, password: initial } = other.client().credentials
    const admin = new AdminClient(other.url)
    const first = await admin.signIn(user_name, initial)
    assert.equal(first.body.must_change_password, true)
    assert.match(
      String(first.headers['set-cookie']),
      /^__Host-holdfast=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    const before_ = admin.cookie
    for (const path of ['/keys', '/overview', '/audit', '/people', '/access-keys', '/system'])
      assert.equal(code(await admin.call('GET', path)), '403 not-permitted', path)
    const refused = await admin.kms('create-key', { key_alias: 'x' })
    assert.equal(refused.status, 403)
    for (const [next, expected] of [
      ['short', '400 password-invalid'],
      ['aaaaaaaaaaaaaaaa', '400 password-invalid'],
      [initial, '400 password-invalid'],
    ] as const) {
      const answer = await admin.call('POST', '/password', {
        current_password: initial,
        new_password: next,
      })
      assert.equal(code(answer), expected, next)
    }
    assert.equal(
      code(
        await admin.call('POST', '/password', {
          current_password: 'wrong',
          new_password: newPassword,
        }),
      ),
      '403 password-wrong',
    )
    const changed = await admin.call('POST', '/password', {
      current_password: initial,
      new_password: newPassword,
    })
    assert.equal(changed.body.must_change_password, false)
    assert.notEqual(admin.cookie, before_, 'the session is a new one')
    assert.equal((await admin.call('GET', '/keys')).status, 200)
    const old = new AdminClient(other.url)
    old.cookie = before_
    assert.equal(code(await old.call('GET', '/session')), '401 session-ended')
    assert.equal(code(await old.signIn(user_name, initial)), '401 credentials-invalid')
    admin.close()
    old.close()
    await other[Symbol.asyncDispose]()
  })

  test('a session does what its user may, on both APIs, and the log names the user', async () => {
    const admin = await signedIn()
    const created = await admin.kms('create-key', { key_alias: 'by-session' })
    assert.equal(created.status, 200, JSON.stringify(created.body))
    const id = created.body.key_info.key_id
    assert.equal((await admin.kms('encrypt-data', { key_id: id, plain_text: 'x' })).status, 200)
    const me = await admin.ok('GET', '/session')
    const { records } = await admin.ok('GET', `/audit?key_id=${id}`)
    assert.deepEqual(
      records.map((record: { operation: string; caller: string }) => [
        record.operation,
        record.caller,
      ]),
      [
        ['encrypt', me.user.id],
        ['create-key', me.user.id],
      ],
    )
    const foreign = await admin.send('POST', `/v1.0/${'0'.repeat(32)}/kms/list-keys`, {})
    assert.equal(foreign.status, 403)
    admin.close()
  })

  test('sign-out ends the session at once, and no other', async () => {
    const [one, two] = [await signedIn(), await signedIn()]
    const cookie = one.cookie as string
    assert.match(String((await one.call('DELETE', '/session')).headers['set-cookie']), /Max-Age=0/)
    one.cookie = cookie
    assert.equal(code(await one.call('GET', '/keys')), '401 session-ended')
    assert.equal((await two.call('GET', '/keys')).status, 200)
    one.close()
    two.close()
  })

  test('after 15 minutes without a call it has ended; every call extends it, up to 8 hours in all', async () => {
    const idle = await signedIn()
    pass(15 * minute - 5000)
    assert.equal((await idle.call('GET', '/session')).status, 200)
    pass(15 * minute + 5000)
    assert.equal(code(await idle.call('GET', '/session')), '401 session-ended')
    const long = await signedIn()
    for (let passed = 0; passed < 8 * 60 - 14; passed += 14) {
      assert.equal((await long.call('GET', '/session')).status, 200, `after ${passed} minutes`)
      pass(14 * minute)
    }
    assert.equal((await long.call('GET', '/session')).status, 200)
    pass(14 * minute)
    assert.equal(code(await long.call('GET', '/session')), '401 session-ended')
    const now = Date.now() + moved
    const over = async () =>
      (await server.select(`SELECT id FROM sessions WHERE expires_at <= ${now}`)).length
    await until(async () => (await over()) === 0, 10_000)
    for (const one of [idle, long]) one.close()
  })

  test('calls that a page makes by itself keep nobody signed in; those of a person do', async () => {
    const background = { 'x-holdfast-background': '1' }
    const [looking, working] = [await signedIn(), await signedIn()]
    for (const admin of [looking, working])
      assert.equal((await admin.ok('GET', '/session')).idle_minutes, 15)
    for (const passed of [5, 10]) {
      pass(5 * minute)
      for (const path of ['/keys', '/overview', '/session']) {
        const answer = await looking.call('GET', path, undefined, background)
        assert.deepEqual(
          [answer.status, answer.headers['set-cookie']],
          [200, undefined],
          `${path} after ${passed} minutes`,
        )
      }
      const answer = await working.call('GET', '/keys')
      assert.match(
        String(answer.headers['set-cookie']),
        /^__Host-holdfast=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
      )
    }
    pass(5 * minute + 5000)
    assert.equal(
      code(await looking.call('GET', '/keys', undefined, background)),
      '401 session-ended',
    )
    assert.equal(
      code(await looking.call('GET', '/keys')),
      '401 session-ended',
      'and no person revives it',
    )
    assert.equal((await working.call('GET', '/keys', undefined, background)).status, 200)
    // Nor does the header get around the token.
    const forged = await working.call(
      'POST',
      '/access-keys',
      {},
      { ...background, 'x-holdfast-csrf': '' },
    )
    assert.equal(code(forged), '403 session-forged')
    const kms = await working.send(
      'POST',
      `/v1.0/${working.projectId}/kms/list-keys`,
      {},
      background,
    )
    assert.deepEqual([kms.status, kms.headers['set-cookie']], [200, undefined])
    for (const one of [looking, working]) one.close()
  })

  test('a session survives restart and kill', async () => {
    const admin = await signedIn()
    await server.stop()
    await start()
    const again = new AdminClient(server.url)
    Object.assign(again, { cookie: admin.cookie, csrf: admin.csrf, projectId: admin.projectId })
    assert.equal((await again.call('GET', '/keys')).status, 200)
    await server.signal('SIGKILL')
    await start()
    const third = new AdminClient(server.url)
    Object.assign(third, { cookie: admin.cookie, csrf: admin.csrf, projectId: admin.projectId })
    assert.equal((await third.kms('list-keys', {})).status, 200)
    for (const one of [admin, again, third]) one.close()
  })

  test('another origin can neither sign in, nor read, nor change anything', async () => {
    const admin = await signedIn()
    const sites = ['cross-site', 'same-site']
    for (const site of sites) {
      const headers = { 'sec-fetch-site': site }
      assert.equal(
        code(await admin.call('GET', '/session', undefined, headers)),
        '403 session-forged',
        site,
      )
      assert.equal(
        code(await admin.call('POST', '/access-keys', {}, headers)),
        '403 session-forged',
        site,
      )
      assert.equal(
        code(await new AdminClient(server.url).signIn('admin', password, {}, headers)),
        '403 session-forged',
      )
      const kms = await admin.send('POST', `/v1.0/${admin.projectId}/kms/list-keys`, {}, headers)
      assert.equal(kms.status, 403)
    }
    // A browser too old to say where a call comes from: the token that comes with the cookie
    // decides.
    for (const csrf of ['', 'wrong', `${admin.csrf}0`, (admin.csrf as string).toUpperCase()]) {
      const headers = { 'x-holdfast-csrf': csrf }
      assert.equal(
        code(await admin.call('POST', '/access-keys', {}, headers)),
        '403 session-forged',
        csrf,
      )
      assert.equal(
        (await admin.send('POST', `/v1.0/${admin.projectId}/kms/list-keys`, {}, headers)).status,
        403,
      )
    }
    const other = await signedIn()
    assert.equal(
      code(
        await admin.call('POST', '/access-keys', {}, { 'x-holdfast-csrf': other.csrf as string }),
      ),
      '403 session-forged',
      'the token of another session',
    )
    assert.equal((await admin.call('GET', '/access-keys')).body.access_keys.length, 1)
    admin.close()
    other.close()
  })

  test('a cookie set before a sign-in is not the one after it', async () => {
    const mine = await signedIn()
    const victim = new AdminClient(server.url)
    victim.cookie = mine.cookie
    await victim.signIn('admin', password)
    assert.notEqual(victim.cookie, mine.cookie)
    for (const cookie of [
      '__Host-holdfast=x',
      `${mine.cookie}; ${victim.cookie}`,
      `holdfast=${mine.cookie?.split('=')[1]}`,
    ]) {
      const forged = new AdminClient(server.url)
      forged.cookie = cookie
      assert.match(code(await forged.call('GET', '/keys')), /^401 /, cookie)
      forged.close()
    }
    mine.close()
    victim.close()
  })

  test('answers do not reveal whether a user exists', async () => {
    const admin = new AdminClient(server.url)
    const known = await admin.signIn('admin', 'wrong password')
    const unknown = await admin.signIn('nobody-of-that-name', 'wrong password')
    assert.deepEqual([known.status, known.body], [unknown.status, unknown.body])
    assert.equal((await admin.signIn('admin', password)).status, 201)
    admin.close()
  })

  test('of many guesses few are checked; the wait survives a kill; similar names count as one', async () => {
    const admin = new AdminClient(server.url)
    const spellings = ['admin', 'ADMIN', 'Admin', 'ａｄｍｉｎ']
    const guesses = Array.from({ length: 60 }, (_, i) =>
      admin.signIn(spellings[i % spellings.length] as string, `guess ${i}`),
    )
    const answers = await Promise.all(guesses)
    for (const answer of answers)
      assert.match(code(answer), /^401 credentials-invalid$|^429 sign-in-held-back$|^503 busy$/)
    const [{ evaluated } = {}] = await server.select(
      'SELECT max(count) AS evaluated FROM sign_in_failures',
    )
    assert.ok(
      Number(evaluated) >= 4 && Number(evaluated) <= 20,
      `${evaluated} guesses were checked`,
    )
    assertHeldBack(await admin.signIn('admin', password), 'not even the right one helps now')
    // A few more, so that the wait is longer than a restart takes on any machine.
    for (let more = 0; more < 6; more++) {
      pass(15 * minute)
      assert.equal(
        code(await admin.signIn('admin', `one more guess ${more}`)),
        '401 credentials-invalid',
      )
    }
    await server.signal('SIGKILL')
    await start()
    const again = new AdminClient(server.url)
    assertHeldBack(await again.signIn('admin', password), 'a restart forgets nothing')
    pass(15 * minute)
    assert.equal((await again.signIn('admin', password)).status, 201, 'the wait ends')
    const left = await server.select("SELECT count FROM sign_in_failures WHERE id LIKE '%/%'")
    assert.ok(
      left.every(({ count }) => Number(count) === 1),
      'and with it the count here: what is left belongs to the user who does not exist',
    )
    admin.close()
    again.close()
  })

  test('behind a proxy guesses from everywhere do not lock out a user who signs in from home; the log has the addresses behind it', async () => {
    await using other = await TestServer.start({ flags: ['--trusted-proxy', '127.0.0.1'] })
    const from = (address: string) => ({ 'x-forwarded-for': address })
    const owner = new AdminClient(other.url)
    const own = await owner.enter(other.client().credentials)
    const enters = async (address: string, secret: string): Promise<string> => {
      const one = new AdminClient(other.url)
      const answer = await one.signIn('admin', secret, {}, from(address))
      one.close()
      return code(answer)
    }
    assert.match(await enters('198.51.100.7', own), /^201 /)
    for (let guess = 0; guess < 30; guess++) {
      assert.match(
        await enters(`203.0.${guess}.1`, `guess ${guess}`),
        guess < 8 ? /^401 credentials-invalid$/ : /^4(01|29) /,
      )
      if (guess % 10 === 9)
        assert.match(await enters('198.51.100.200', own), /^201 /, `after ${guess} guesses`)
    }
    const [{ looked } = {}] = await other.select(
      'SELECT max(count) AS looked FROM sign_in_failures',
    )
    assert.ok(
      Number(looked) > 7 && Number(looked) <= 20,
      `of 30 guesses from 30 blocks ${looked} were checked`,
    )
    const { records } = await owner.ok('GET', '/audit?operation=start-session')
    const sources = new Set(records.map(({ source }: { source: string }) => source))
    assert.ok(sources.has('198.51.100.7') && sources.has('198.51.100.200'), [...sources].join())
    owner.close()
  })

  test('the operator of the server can end the wait of a user; the log has it', async () => {
    await using other = await TestServer.start()
    const admin = new AdminClient(other.url)
    const { user_name, password: initial } = other.client().credentials
    for (let guess = 0; guess < 6; guess++) await admin.signIn(user_name, `guess ${guess}`)
    assertHeldBack(await admin.signIn(user_name, initial), 'the right one')
    await assert.rejects(other.holdfast('unlock', 'nobody'), /has no user nobody/)
    await assert.rejects(
      other.holdfast('unlock', user_name, '--project', 'elsewhere'),
      /no project elsewhere/,
    )
    assert.match(
      (await other.holdfast('unlock', user_name)).stdout,
      /2 counts of failures were cleared/,
    )
    await admin.enter(other.client().credentials)
    const { records } = await admin.ok('GET', '/audit?operation=unlock-user')
    assert.deepEqual(
      records.map((record: { caller: string; outcome: string }) => [record.caller, record.outcome]),
      [['operator', 'ok']],
    )
    admin.close()
  })

  test('a user who guesses the current password too often has to wait, and stays signed in', async () => {
    await using other = await TestServer.start()
    const admin = new AdminClient(other.url)
    await admin.enter(other.client().credentials)
    const change = (current: string) =>
      admin.call('POST', '/password', {
        current_password: current,
        new_password: 'another one, long',
      })
    for (let guess = 0; guess < 4; guess++)
      assert.equal(code(await change(`guess ${guess}`)), '403 password-wrong', String(guess))
    assertHeldBack(await change('guess'), 'a fifth')
    assertHeldBack(await change(newPassword), 'the right one has to wait as well')
    assertHeldBack(
      await admin.call('POST', '/access-keys', { password: newPassword }),
      'for an access key too',
    )
    assert.equal((await admin.call('GET', '/keys')).status, 200)
    admin.close()
  })

  test('access keys: made with a secret that is shown once, disabled, enabled, deleted; no other user’s', async () => {
    const admin = await signedIn()
    for (const [fields, expected] of [
      [{}, '400 parameter-missing'],
      [{ password: 'wrong' }, '403 password-wrong'],
    ] as const)
      assert.equal(code(await admin.call('POST', '/access-keys', fields)), expected)
    const { id, secret } = (await admin.call('POST', '/access-keys', { password })).body
    assert.match(id, /^[A-Z0-9]{20}$/)
    assert.match(secret, /^[A-Za-z0-9]{40}$/)
    const own = server.client()
    own.clock = () => Date.now() + moved
    Object.assign(own, { credentials: { ...own.credentials, access_key: id, secret_key: secret } })
    assert.equal((await own.call('list-keys')).status, 200)
    assert.ok(!JSON.stringify(await admin.ok('GET', '/access-keys')).includes(secret))
    await admin.ok('PATCH', `/access-keys/${id}`, { enabled: false })
    assert.equal((await own.call('list-keys')).status, 403)
    await admin.ok('PATCH', `/access-keys/${id}`, { enabled: true })
    assert.equal((await own.call('list-keys')).status, 200)
    await admin.ok('DELETE', `/access-keys/${id}`)
    assert.equal((await own.call('list-keys')).status, 403)
    assert.equal(code(await admin.call('DELETE', `/access-keys/${id}`)), '404 access-key-not-found')
    assert.equal(
      code(await admin.call('PATCH', '/access-keys/AAAAAAAAAAAAAAAAAAAA', { enabled: false })),
      '404 access-key-not-found',
    )
    own.close()
    admin.close()
  })

  test('of 40 access keys asked for at once as many are made as allowed; an access key needs no password for that', async () => {
    await using other = await TestServer.start({ environment: { HOLDFAST_WORKERS: '2' } })
    const caller = other.client(40)
    const make = () => caller.send(caller.sign('POST', '/admin/v1/access-keys', {}))
    const answers = await Promise.all(Array.from({ length: 40 }, make))
    for (const answer of answers)
      assert.match(code(answer), /^201 |^400 too-many-access-keys$|^503 busy$/)
    for (let i = 0; i < 20; i++) await make()
    assert.equal(code(await make()), '400 too-many-access-keys')
    const [{ n } = {}] = await other.select('SELECT count(*) AS n FROM access_keys')
    assert.equal(Number(n), 20)
    caller.close()
  })

  test('a new password leaves the access keys of the user, or ends them, as the user chooses', async () => {
    await using other = await TestServer.start()
    const caller = other.client()
    const admin = new AdminClient(other.url)
    await admin.enter(caller.credentials)
    assert.equal((await caller.call('list-keys')).status, 200, 'by default it ends none')
    const fields = { current_password: newPassword, new_password: 'another one, long' }
    assert.equal(
      (await admin.call('POST', '/password', { ...fields, end_access_keys: true })).status,
      200,
    )
    assert.equal((await caller.call('list-keys')).status, 403)
    assert.deepEqual((await admin.ok('GET', '/access-keys')).access_keys, [])
    admin.close()
    caller.close()
  })

  test('the document describes every operation, and a signature opens the API as a session does', async () => {
    const answer = await client.send({
      method: 'GET',
      path: '/admin/v1/openapi.json',
      headers: {},
      body: '',
    })
    assert.equal(answer.status, 200)
    assert.equal(answer.body.openapi, '3.1.0')
    assert.ok(Object.keys(answer.body.paths).length >= 18)
    for (const [path, methods] of Object.entries(
      answer.body.paths as Record<string, Record<string, object>>,
    ))
      for (const [method, described] of Object.entries(methods)) {
        const { summary, responses } = described as { summary: string; responses: object }
        assert.ok(summary.length > 5 && Object.keys(responses).length === 2, `${method} ${path}`)
        const target = path.replaceAll(/\{[a-z_]+\}/g, '00000000-0000-4000-8000-000000000000')
        const nobody = await client.send({
          method: method.toUpperCase(),
          path: target,
          headers: {},
          body: '',
        })
        // Without credentials nothing is answered except signing in, which then lacks its fields.
        assert.equal(
          nobody.status,
          path === '/admin/v1/session' && method === 'post' ? 400 : 401,
          `${method} ${path}`,
        )
      }
    const signed = await client.send(client.sign('GET', '/admin/v1/session'))
    assert.deepEqual(
      [signed.status, signed.body.user.name, signed.body.csrf_token],
      [200, 'admin', null],
    )
  })
})
