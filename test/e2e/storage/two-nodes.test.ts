/**
 * Two servers on one database: what one of them decided takes effect on the other from the next
 * call on.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AuditCheck, snapshotOf } from '../../crash/audit-check.ts'
import { PostgresServer, Sql, withoutPostgres } from '../../fakes/postgres.ts'
import { AdminClient } from '../admin-client.ts'
import { HuaweiClient, readCredentials, wrap } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

describe('two nodes on one database', { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  let url: string
  let nodes: [TestServer, TestServer]
  let clients: [HuaweiClient, HuaweiClient]

  before(async () => {
    postgres = await PostgresServer.start()
    url = await postgres.database()
    const first = await TestServer.start({ flags: ['--database-url', url] })
    // The second has its own folder and the root key of the first.
    const root = `file:${join(first.data, 'root.key')}`
    const second = await TestServer.start({ flags: ['--database-url', url, '--root', root] })
    nodes = [first, second]
    const credentials = readCredentials(join(first.data, 'bootstrap.json'))
    clients = [first.client(), new HuaweiClient(second.url, credentials)]
  })
  after(async () => {
    for (const client of clients) client.close()
    for (const node of nodes) await node[Symbol.asyncDispose]()
    await postgres.stop()
  })

  test('what one encrypts the other decrypts, with keys that either made', async () => {
    const [one, other] = clients
    const id = await one.createKey()
    assert.equal(await other.decrypt(await one.encrypt(id, 'x')), 'x')
    const own = await other.createKey()
    assert.equal(await one.decrypt(await other.encrypt(own, 'y')), 'y')
    const pair = await one.createKey({ key_spec: 'EC_P256' })
    const fields = {
      key_id: pair,
      message: 'AAAA',
      message_type: 'RAW',
      signing_algorithm: 'ECDSA_SHA_256',
    }
    const { signature } = await one.ok('sign', fields)
    assert.equal((await other.ok('verify', { ...fields, signature })).signature_valid, 'true')
  })

  test('once one has answered a disable, the other no longer uses the key: 200 rounds', async () => {
    const id = await clients[0].createKey()
    for (let round = 0; round < 200; round++) {
      const [one, other] = round % 2 === 0 ? clients : [clients[1], clients[0]]
      await other.encrypt(id, 'warm')
      await one.ok('disable-key', { key_id: id })
      refused(await other.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.0209')
      await one.ok('enable-key', { key_id: id })
      accepted(await other.call('encrypt-data', { key_id: id, plain_text: 'x' }))
    }
  })

  test('a grant made on one works on the other at once, and once ended on one it is ended on both: 20 rounds', async () => {
    const file = join(nodes[0].data, 'second.json')
    await nodes[0].holdfast('project', 'create', 'second', '--credentials', file)
    const grantees = nodes.map((node) => new HuaweiClient(node.url, readCredentials(file))) as [
      HuaweiClient,
      HuaweiClient,
    ]
    const { body } = await grantees[0].send(grantees[0].sign('GET', '/v3/users'))
    const key_id = await clients[0].createKey()
    const encrypt = (by: HuaweiClient) => by.call('encrypt-data', { key_id, plain_text: 'x' })
    for (let round = 0; round < 20; round++) {
      const [here, there] = round % 2 === 0 ? [0, 1] : [1, 0]
      // Both have the key in their caches, without the grant.
      for (const by of grantees) refused(await encrypt(by), 404, 'KMS.0207')
      const grant = { key_id, grantee_principal: body.users[0].id, operations: ['encrypt-data'] }
      const { grant_id } = await (clients[here] as HuaweiClient).ok('create-grant', grant)
      for (const by of grantees) accepted(await encrypt(by))
      await (clients[there] as HuaweiClient).ok('revoke-grant', { key_id, grant_id })
      refused(await encrypt(grantees[here] as HuaweiClient), 404, 'KMS.0207')
    }
    for (const by of grantees) by.close()
  })

  test('a refusal does not depend on an older list of grants: what the other did counts, 20 rounds', async () => {
    const key_id = await clients[0].createKey()
    const grant = { key_id, grantee_principal: 'someone', operations: ['encrypt-data'] }
    for (let round = 0; round < 20; round++) {
      const [one, other] = round % 2 === 0 ? clients : [clients[1], clients[0]]
      assert.equal((await other.ok('list-grants', { key_id })).grants.length, 0)
      const { grant_id } = await one.ok('create-grant', grant)
      await other.ok('revoke-grant', { key_id, grant_id })
    }
    const ids: string[] = []
    for (let i = 0; i < 100; i++) ids.push((await clients[0].ok('create-grant', grant)).grant_id)
    refused(await clients[1].call('create-grant', grant), 400, 'KMS.2404')
    await clients[0].ok('revoke-grant', { key_id, grant_id: ids[0] })
    await clients[1].ok('create-grant', grant)
  })

  test('an access key that is enabled again on one works on the other, which had refused it', async () => {
    const [one] = clients
    const made = await one.send(one.sign('POST', '/admin/v1/access-keys', {}))
    const { id, secret } = made.body
    const own = { ...one.credentials, access_key: id, secret_key: secret }
    const second = nodes.map((node) => new HuaweiClient(node.url, own))
    const change = async (enabled: boolean): Promise<void> =>
      accepted(await one.send(one.sign('PATCH', `/admin/v1/access-keys/${id}`, { enabled })))
    for (let round = 0; round < 5; round++) {
      for (const by of second) accepted(await by.call('list-keys'))
      await change(false)
      for (const by of second) refused(await by.call('list-keys'), 403, 'KMS.0302')
      await change(true)
    }
    for (const by of second) by.close()
  })

  test('a password that is changed on one counts on the other, and so does a token of its user', async () => {
    const file = join(nodes[0].data, 'third.json')
    await nodes[0].holdfast('project', 'create', 'third', '--credentials', file)
    const credentials = readCredentials(file)
    const { user_name, project_id, project_name, domain_id } = credentials
    const [here, there] = nodes.map((node) => new AdminClient(node.url)) as [
      AdminClient,
      AdminClient,
    ]
    const signIn = (password: string) => there.signIn(user_name, password, { project: project_id })
    assert.equal((await signIn(credentials.password)).status, 201)
    const next = await here.enter(credentials)
    assert.equal((await signIn(next)).status, 201)
    const password = 'a third one, long enough'
    accepted(
      await here.call('POST', '/password', { current_password: next, new_password: password }),
    )
    const user = { name: user_name, password, domain: { id: domain_id } }
    const auth = {
      identity: { methods: ['password'], password: { user } },
      scope: { project: { name: project_name } },
    }
    const issued = await fetch(`${nodes[0].url}/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    })
    const used = await fetch(`${nodes[1].url}/v1.0/${project_id}/kms/list-keys`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-auth-token': issued.headers.get('x-subject-token') ?? '',
      },
      body: '{}',
    })
    assert.equal(issued.status, 201, await issued.text())
    assert.equal(used.status, 200, await used.text())
  })

  test('of imports on both nodes with one token exactly one counts: 200 rounds', {
    timeout: 120_000,
  }, async () => {
    const id = await clients[0].createKey({ origin: 'external' })
    const material = randomBytes(32)
    for (let round = 0; round < 200; round++) {
      const parameters = await clients[round % 2 === 0 ? 0 : 1].ok('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      const answers = await Promise.all(
        clients.map((client) =>
          client.call('import-key-material', {
            key_id: id,
            import_token: parameters.import_token,
            encrypted_key_material: wrap(parameters.public_key, material),
          }),
        ),
      )
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted(),
        [200, 400],
        JSON.stringify(answers.map(({ body }) => body)),
      )
      await clients[0].ok('delete-imported-key-material', { key_id: id })
    }
  })

  test('a token of one key is refused for another on the other node too', async () => {
    const [one, other] = clients
    const [first, second] = [
      await one.createKey({ origin: 'external' }),
      await one.createKey({ origin: 'external' }),
    ]
    const parameters = await one.ok('get-parameters-for-import', {
      key_id: first,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    const call = (key_id: string) =>
      other.call('import-key-material', {
        key_id,
        import_token: parameters.import_token,
        encrypted_key_material: wrap(parameters.public_key, randomBytes(32)),
      })
    refused(await call(second), 400, 'KMS.2603')
    accepted(await call(first))
  })

  test('of two keys that take one alias at the same time on two nodes, one gets it: 50 rounds', async () => {
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        clients.map((client) => client.call('create-key', { key_alias: `raced-${round}` })),
      )
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 400])
      const loser = answers.find(({ status }) => status === 400)
      assert.equal(loser?.body.error.error_code, 'KMS.1104')
    }
  })

  test('a node that is killed under load delays the other for no more than a moment, and recovers by itself', async () => {
    const id = await clients[1].createKey()
    const load = Array.from({ length: 50 }, () =>
      clients[0].call('encrypt-data', { key_id: id, plain_text: 'x' }).catch(() => undefined),
    )
    await nodes[0].signal('SIGKILL')
    await Promise.all(load)
    assert.equal(await clients[1].decrypt(await clients[1].encrypt(id, 'goes on')), 'goes on')
    const { data } = nodes[0]
    clients[0].close()
    nodes[0] = await TestServer.start({ data, flags: ['--database-url', url] })
    clients[0] = nodes[0].client()
    assert.equal(await clients[0].decrypt(await clients[1].encrypt(id, 'again')), 'again')
  })

  test('a database that does not exist or refuses is reported in one line, and nothing starts', async () => {
    const nowhere = TestServer.start({
      flags: ['--database-url', 'postgres://holdfast@127.0.0.1:9/none'],
    })
    await assert.rejects(
      nowhere,
      /ended with 1: holdfast: the database of --database-url cannot be used: [^\n]*\n$/,
    )
    const unknown = TestServer.start({
      flags: ['--database-url', postgres.url('no_such_database')],
    })
    await assert.rejects(
      unknown,
      /holdfast: the database of --database-url cannot be used: database "no_such_database" does not exist\n$/,
    )
  })

  test('a node without the root key of the deployment does not start', async () => {
    await assert.rejects(
      TestServer.start({ flags: ['--database-url', url] }),
      /ended with 1: holdfast: [^\n]*root[^\n]*\n$/,
    )
  })

  test('both share one log, without a gap, and every row matches it', async () => {
    const sql = new Sql(url)
    const audit = new AuditCheck(
      '',
      snapshotOf(() => sql),
    )
    await audit.runWithRows()
    await sql.end()
  })
})
