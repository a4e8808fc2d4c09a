/**
 * Tokens and the parts of IAM that clients ask before they call the KMS.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient } from '../admin-client.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'

const hour = 3_600_000

describe('tokens and IAM', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let server: TestServer
  let client: HuaweiClient
  let password: string

  before(async () => {
    server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client = server.client()
    client.clock = () => Date.now() + moved
    const admin = new AdminClient(server.url)
    password = await admin.enter(client.credentials)
    admin.close()
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const pass = (ms: number): void => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
  }

  /** A request that nobody signs. */
  const plain = (
    method: string,
    path: string,
    headers: Record<string, string>,
    data?: object,
  ): Promise<Answer> =>
    client.send({
      method,
      path,
      headers: data === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: data === undefined ? '' : JSON.stringify(data),
    })
  const byPassword = (
    changes: Body = {},
    scope?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const { user_name, project_name, project_id } = client.credentials
    const user = { name: user_name, password, domain: { name: project_name }, ...changes }
    const auth = {
      identity: { methods: ['password'], password: { user } },
      scope: scope ?? { project: { id: project_id } },
    }
    return plain('POST', '/v3/auth/tokens', headers, { auth })
  }
  const bySecret = (
    changes: { access?: string; secret?: string } = {},
    scope: object = {},
  ): Promise<Answer> => {
    const { access_key, secret_key } = client.credentials
    const hw_ak_sk = {
      access: { key: changes.access ?? access_key },
      secret: { key: changes.secret ?? secret_key },
    }
    return plain(
      'POST',
      '/v3/auth/tokens',
      {},
      { auth: { identity: { methods: ['hw_ak_sk'], hw_ak_sk }, scope } },
    )
  }
  const tokenOf = ({ status, headers, body }: Answer): string => {
    assert.equal(status, 201, JSON.stringify(body))
    return headers['x-subject-token'] as string
  }
  const kms = (token: string, operation: string, data: object): Promise<Answer> =>
    plain(
      'POST',
      `/v1.0/${client.credentials.project_id}/kms/${operation}`,
      { 'X-Auth-Token': token },
      data,
    )

  test('a password gives a token, and the token does everything that a signature does', async () => {
    const answer = await byPassword()
    const token = tokenOf(answer)
    const { project_id, project_name, domain_id } = client.credentials
    assert.equal(answer.body.token.project.id, project_id)
    assert.deepEqual(answer.body.token.project.domain, { id: domain_id, name: project_name })
    assert.deepEqual(answer.body.token.methods, ['password'])
    assert.match(answer.body.token.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    const { body } = await kms(token, 'create-key', { key_alias: 'by-token' })
    const sealed = await kms(token, 'encrypt-data', {
      key_id: body.key_info.key_id,
      plain_text: 'x',
    })
    assert.equal(await client.decrypt(sealed.body.cipher_text), 'x')
  })

  test('an access key with its secret gives one too', async () => {
    const token = tokenOf(
      await bySecret({}, { project: { name: client.credentials.project_name } }),
    )
    assert.equal((await kms(token, 'list-keys', {})).status, 200)
  })

  const byToken = (id: string, scope: object = {}): Promise<Answer> =>
    plain(
      'POST',
      '/v3/auth/tokens',
      {},
      { auth: { identity: { methods: ['token'], token: { id } }, scope } },
    )

  test('a token can be exchanged for another one: of the same user and project, on the record, and valid no longer than the first', async () => {
    for (const signIn of [byPassword, bySecret]) {
      const first = await signIn()
      const expiry = Date.parse(first.body.token.expires_at)
      pass(23 * hour)
      const second = await byToken(tokenOf(first), {
        project: { id: client.credentials.project_id },
      })
      const third = await byToken(tokenOf(second), {
        project: { name: client.credentials.project_name },
      })
      for (const { body } of [second, third]) {
        assert.deepEqual(
          [body.token.methods, body.token.user, body.token.project],
          [['token'], first.body.token.user, first.body.token.project],
        )
        assert.ok(
          Math.abs(Date.parse(body.token.expires_at) - expiry) < 60_000,
          body.token.expires_at,
        )
      }
      const { body } = await client.send(
        client.sign('GET', '/admin/v1/audit?limit=2&operation=create-token'),
      )
      const made = { operation: 'create-token', caller: first.body.token.user.id, outcome: 'ok' }
      for (const { operation, caller, outcome } of body.records)
        assert.deepEqual({ operation, caller, outcome }, made)
      assert.equal((await kms(tokenOf(third), 'list-keys', {})).status, 200)
      pass(hour + 60_000)
      for (const token of [first, second, third].map(tokenOf)) {
        refused(await kms(token, 'list-keys', {}), 401, 'KMS.0303')
        refused(await byToken(token), 401, 'KMS.0303')
      }
    }
  })

  test('a token that is invalid, altered, or used for another project is not exchanged', async () => {
    const token = tokenOf(await byPassword())
    for (const wrong of ['x', 'A'.repeat(300), `${token}AAAA`, token.slice(0, -4)])
      refused(await byToken(wrong), 401, 'KMS.0302')
    refused(await byToken(token, { project: { id: '0'.repeat(32) } }), 403, 'KMS.0321')
    refused(await byToken(token, { domain: { name: 'elsewhere' } }), 403, 'KMS.0321')
  })

  test('anyone may read the versions of the KMS and of IAM, at one address', async () => {
    const { body: all } = await plain('GET', '/', {})
    assert.deepEqual(
      all.versions.map(({ id }: Body) => id),
      ['v1.0', 'v3.6'],
    )
    for (const path of ['/v3', '/v3/']) {
      const { status, body } = await plain('GET', path, {})
      assert.deepEqual([status, body.version.id, body.version.status], [200, 'v3.6', 'stable'])
      assert.deepEqual(body.version.links, [{ href: `${server.url}/v3/`, rel: 'self' }])
      assert.deepEqual(body.version, all.versions[1])
    }
    refused(await plain('POST', '/v3', {}, {}), 403, 'KMS.0301')
    refused(await plain('GET', '/v3/projects', {}), 403, 'KMS.0301')
  })

  test('the catalogue says where the KMS is, for each kind of client', async () => {
    const { body } = await byPassword()
    const { project_id, region } = client.credentials
    const url = (type: string): string => {
      const { endpoints } = body.token.catalog.find((one: Body) => one.type === type)
      assert.equal(endpoints[0].region_id, region)
      return endpoints[0].url
    }
    assert.equal(url('kms'), `${server.url}/v1.0`)
    assert.equal(url('kmsv1'), `${server.url}/v1.0/${project_id}`)
    const without = await plain(
      'POST',
      '/v3/auth/tokens?nocatalog=true',
      {},
      { auth: { identity: {} } },
    )
    assert.equal(without.status, 400)
  })

  test('projects, domains, catalogue and users: the caller’s own, with a signature or a token', async () => {
    const { project_id, project_name, domain_id, region, user_name } = client.credentials
    const token = tokenOf(await byPassword())
    const get = async (path: string): Promise<Body> => {
      const signed = await client.send(client.sign('GET', path))
      assert.equal(signed.status, 200, JSON.stringify(signed.body))
      const withToken = await plain('GET', path, { 'X-Auth-Token': token })
      assert.deepEqual(withToken.body, signed.body)
      return signed.body
    }
    for (const path of ['/v3/projects', '/v3/auth/projects']) {
      const { projects } = await get(path)
      assert.deepEqual(
        [projects.length, projects[0].id, projects[0].name, projects[0].domain_id],
        [1, project_id, project_name, domain_id],
      )
    }
    assert.equal((await get('/v3/auth/domains')).domains[0].id, domain_id)
    assert.equal((await get('/v3/users')).users[0].name, user_name)
    assert.ok((await get('/v3/auth/catalog')).catalog.some((one: Body) => one.type === 'kmsv1'))
    const named = async (path: string, name: string): Promise<Body> => {
      const answer = await plain('GET', `${path}?name=${name}`, { 'X-Auth-Token': token })
      return answer.body
    }
    assert.equal((await named('/v3/projects', region as string)).projects.length, 1)
    assert.equal((await named('/v3/projects', 'elsewhere')).projects.length, 0)
    assert.equal((await named('/v3/auth/domains', 'elsewhere')).domains.length, 0)
    assert.equal((await named('/v3/users', 'nobody')).users.length, 0)
  })

  test('the first password gives no token, and says where to replace it; the access key created with it does', async () => {
    await using other = await TestServer.start()
    const { user_name, password: first, access_key, secret_key } = other.client().credentials
    const stranger = other.client()
    const ask = (identity: object): Promise<Answer> => {
      const body = JSON.stringify({ auth: { identity } })
      return stranger.send({
        method: 'POST',
        path: '/v3/auth/tokens',
        headers: { 'Content-Type': 'application/json' },
        body,
      })
    }
    const user = { name: user_name, password: first }
    const answer = await ask({ methods: ['password'], password: { user } })
    assert.equal(answer.status, 403, JSON.stringify(answer.body))
    assert.match(answer.body.error_msg, /initial password .* console/)
    assert.equal(answer.headers['x-subject-token'], undefined)
    const hw_ak_sk = { access: { key: access_key }, secret: { key: secret_key } }
    tokenOf(await ask({ methods: ['hw_ak_sk'], hw_ak_sk }))
    const admin = new AdminClient(other.url)
    const own = await admin.enter(other.client().credentials)
    tokenOf(await ask({ methods: ['password'], password: { user: { ...user, password: own } } }))
    admin.close()
    stranger.close()
  })

  const pages: readonly (readonly [
    what: string,
    headers: Record<string, string>,
    status: number,
  ])[] = [
    ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a page of another host of the site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['two values of where it comes from', { 'Sec-Fetch-Site': 'none, cross-site' }, 403],
    ['a page that says its origin', { Origin: 'https://evil.example' }, 403],
    ['a page without an origin', { Origin: 'null' }, 403],
    ['the type of a form', { 'Content-Type': 'text/plain' }, 400],
    [
      'another type that pages may send',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      400,
    ],
    ['a type with the same beginning', { 'Content-Type': 'application/jsonp' }, 400],
    ['no type', { 'Content-Type': '' }, 400],
    ['a client', {}, 201],
    [
      'a client that names the encoding',
      { 'Content-Type': 'application/json; charset=UTF-8' },
      201,
    ],
    ['a client with capitals of its own', { 'Content-Type': 'Application/JSON;charset=utf8' }, 201],
  ]
  for (const [what, headers, status] of pages)
    test(`a token asked for by ${what}: ${status}, and a refusal tries no password`, async () => {
      const counts = () => server.select('SELECT id, count FROM sign_in_failures ORDER BY id')
      const before_ = await counts()
      assert.equal(
        (await byPassword(status === 201 ? {} : { password: 'wrong' }, undefined, headers)).status,
        status,
      )
      if (status !== 201) assert.deepEqual(await counts(), before_)
    })

  test('without credentials none of it is returned', async () => {
    for (const path of [
      '/v3/projects',
      '/v3/auth/projects',
      '/v3/auth/domains',
      '/v3/auth/catalog',
      '/v3/users',
    ])
      refused(await plain('GET', path, {}), 403, 'KMS.0301')
  })

  test('a token that is invalid, cut or altered: KMS.0302', async () => {
    const token = tokenOf(await byPassword())
    const altered = (at: number): string =>
      token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    const wrong = [
      'x',
      '',
      'A'.repeat(300),
      token.slice(0, -4),
      `${token}AAAA`,
      altered(0),
      altered(10),
      altered(60),
      altered(token.length - 3),
    ]
    for (const one of wrong) refused(await kms(one, 'list-keys', {}), 403, 'KMS.0302')
  })

  test('a token is refused with 401 after its lifetime, so that clients sign in again', async () => {
    const token = tokenOf(await bySecret())
    pass(24 * hour - 60_000)
    assert.equal((await kms(token, 'list-keys', {})).status, 200)
    pass(120_000)
    refused(await kms(token, 'list-keys', {}), 401, 'KMS.0303')
  })

  test('a token stays valid through restart and kill', async () => {
    const token = tokenOf(await byPassword())
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      client.close()
      await server.signal(signal)
      server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
      client = server.client()
      client.clock = () => Date.now() + moved
      assert.equal((await kms(token, 'list-keys', {})).status, 200)
    }
  })

  test('a project in the path that is not that of the token: KMS.0321', async () => {
    const token = tokenOf(await byPassword())
    const path = `/v1.0/${'0'.repeat(32)}/kms/list-keys`
    refused(await plain('POST', path, { 'X-Auth-Token': token }, {}), 403, 'KMS.0321')
  })

  test('wrong user, password, domain, project, key or secret: the same 401', async () => {
    const answers = [
      await byPassword({ password: 'wrong' }),
      await byPassword({ name: 'nobody' }),
      await byPassword({ domain: { name: 'elsewhere' } }),
      await byPassword({}, { project: { id: '0'.repeat(32) } }),
    ]
    pass(hour)
    answers.push(
      await bySecret({ secret: 'wrong' }),
      await bySecret({ access: 'UNKNOWN0000000000000' }),
    )
    for (const answer of answers) {
      refused(answer, 401, 'KMS.0302')
      assert.deepEqual(answer.body, answers[0]?.body)
      assert.ok(!('x-subject-token' in answer.headers))
    }
    pass(hour)
  })

  test('guessing is slow: of many tries few are checked, and not even the right password then helps', async () => {
    const tries = []
    for (let i = 0; i < 10; i++) tries.push(await byPassword({ password: `guess ${i}` }))
    tries.push(await byPassword())
    const [first] = tries
    const last = tries.at(-1)
    assert.ok(first && last)
    refused(first, 401, 'KMS.0302')
    for (const one of tries) refused(one, one.status === 429 ? 429 : 401, 'KMS.0302')
    assert.equal(last.status, 429, 'the right one is not checked either')
    assert.match(String(last.headers['retry-after']), /^\d+$/)
    assert.equal(last.body.error.title, 'Too Many Requests')
    pass(hour)
    tokenOf(await byPassword())
  })

  test('an invalid request for a token: 400', async () => {
    const bodies = [
      {},
      { auth: {} },
      { auth: { identity: { methods: ['totp'] } } },
      { auth: { identity: { methods: ['password'] } } },
      { auth: { identity: { methods: ['token'] } } },
      { auth: { identity: { methods: ['token'], token: { id: '' } } } },
      { auth: { identity: { methods: ['token', 'password'], token: { id: 'x' } } } },
    ]
    for (const body of bodies)
      refused(await plain('POST', '/v3/auth/tokens', {}, body), 400, 'KMS.0308')
    const get = await plain('GET', '/v3/auth/tokens', {})
    assert.equal(get.status, 403)
  })

  test('an invalid host name appears in no link', async () => {
    const token = tokenOf(await byPassword())
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { 'X-Auth-Token': token, Host: 'evil"><script>' }
      request(`${server.url}/v3/auth/catalog`, { headers }, (response) => {
        let read = ''
        response.on('data', (chunk) => {
          read += chunk
        })
        response.on('end', () => resolve(read))
      })
        .on('error', reject)
        .end()
    })
    assert.ok(!text.includes('script'))
  })
})
