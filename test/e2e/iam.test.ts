/** Tokens and the parts of IAM that clients ask before they call the KMS. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../fakes/hooks.ts'
import type { Answer, Body, HuaweiClient } from './client.ts'
import { refused } from './expect.ts'
import { newFolder, TestServer } from './server.ts'

const hour = 3_600_000

describe('tokens and IAM', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let server: TestServer
  let client: HuaweiClient

  before(async () => {
    server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client = server.client()
    client.clock = () => Date.now() + moved
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
  const plain = (method: string, path: string, headers: Record<string, string>, data?: object): Promise<Answer> =>
    client.send({ method, path, headers, body: data === undefined ? '' : JSON.stringify(data) })
  const byPassword = (changes: Body = {}, scope?: object): Promise<Answer> => {
    const { user_name, password, project_name, project_id } = client.credentials
    const user = { name: user_name, password, domain: { name: project_name }, ...changes }
    const auth = { identity: { methods: ['password'], password: { user } }, scope: scope ?? { project: { id: project_id } } }
    return plain('POST', '/v3/auth/tokens', {}, { auth })
  }
  const bySecret = (changes: { access?: string; secret?: string } = {}, scope: object = {}): Promise<Answer> => {
    const { access_key, secret_key } = client.credentials
    const hw_ak_sk = { access: { key: changes.access ?? access_key }, secret: { key: changes.secret ?? secret_key } }
    return plain('POST', '/v3/auth/tokens', {}, { auth: { identity: { methods: ['hw_ak_sk'], hw_ak_sk }, scope } })
  }
  const tokenOf = ({ status, headers, body }: Answer): string => {
    assert.equal(status, 201, JSON.stringify(body))
    return headers['x-subject-token'] as string
  }
  const kms = (token: string, operation: string, data: object): Promise<Answer> =>
    plain('POST', `/v1.0/${client.credentials.project_id}/kms/${operation}`, { 'X-Auth-Token': token }, data)

  test('a password gives a token, and the token does everything that a signature does', async () => {
    const answer = await byPassword()
    const token = tokenOf(answer)
    const { project_id, project_name, domain_id } = client.credentials
    assert.equal(answer.body.token.project.id, project_id)
    assert.deepEqual(answer.body.token.project.domain, { id: domain_id, name: project_name })
    assert.deepEqual(answer.body.token.methods, ['password'])
    assert.match(answer.body.token.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    const { body } = await kms(token, 'create-key', { key_alias: 'by-token' })
    const sealed = await kms(token, 'encrypt-data', { key_id: body.key_info.key_id, plain_text: 'x' })
    assert.equal(await client.decrypt(sealed.body.cipher_text), 'x')
  })

  test('an access key with its secret gives one too', async () => {
    const token = tokenOf(await bySecret({}, { project: { name: client.credentials.project_name } }))
    assert.equal((await kms(token, 'list-keys', {})).status, 200)
  })

  test('the catalogue tells where the KMS is, for each kind of client', async () => {
    const { body } = await byPassword()
    const { project_id, region } = client.credentials
    const url = (type: string): string => {
      const { endpoints } = body.token.catalog.find((one: Body) => one.type === type)
      assert.equal(endpoints[0].region_id, region)
      return endpoints[0].url
    }
    assert.equal(url('kms'), `${server.url}/v1.0`)
    assert.equal(url('kmsv1'), `${server.url}/v1.0/${project_id}`)
    const without = await plain('POST', '/v3/auth/tokens?nocatalog=true', {}, { auth: { identity: {} } })
    assert.equal(without.status, 400)
  })

  test('projects, domains, catalogue and users: the own ones, with a signature or a token', async () => {
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

  test('without credentials nothing of it is told', async () => {
    for (const path of ['/v3/projects', '/v3/auth/projects', '/v3/auth/domains', '/v3/auth/catalog', '/v3/users'])
      refused(await plain('GET', path, {}), 403, 'KMS.0301')
  })

  test('a token that is none, is cut, is altered: KMS.0302', async () => {
    const token = tokenOf(await byPassword())
    const altered = (at: number): string => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
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

  test('a token ends after its life with 401, so that clients sign in again', async () => {
    const token = tokenOf(await bySecret())
    pass(24 * hour - 60_000)
    assert.equal((await kms(token, 'list-keys', {})).status, 200)
    pass(120_000)
    refused(await kms(token, 'list-keys', {}), 401, 'KMS.0303')
  })

  test('a token is good through restart and kill', async () => {
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
    answers.push(await bySecret({ secret: 'wrong' }), await bySecret({ access: 'UNKNOWN0000000000000' }))
    for (const answer of answers) {
      refused(answer, 401, 'KMS.0302')
      assert.deepEqual(answer.body, answers[0]?.body)
      assert.ok(!('x-subject-token' in answer.headers))
    }
    pass(hour)
  })

  test('guessing is slow: of many tries few are looked at, and not even the right password then helps', async () => {
    for (let i = 0; i < 10; i++) refused(await byPassword({ password: `guess ${i}` }), 401, 'KMS.0302')
    refused(await byPassword(), 401, 'KMS.0302')
    pass(hour)
    tokenOf(await byPassword())
  })

  test('what is no request for a token: 400', async () => {
    const bodies = [
      {},
      { auth: {} },
      { auth: { identity: { methods: ['totp'] } } },
      { auth: { identity: { methods: ['password'] } } },
    ]
    for (const body of bodies) refused(await plain('POST', '/v3/auth/tokens', {}, body), 400, 'KMS.0308')
    const get = await plain('GET', '/v3/auth/tokens', {})
    assert.equal(get.status, 403)
  })

  test('a host that is no host name stands in no link', async () => {
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
