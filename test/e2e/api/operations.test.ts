/**
 * The API as a whole, compared with the documentation: every operation exists, takes every
 * documented field and requires no other; what a deployment does not have is refused with the
 * reason, on the record; and docs/huawei-api.md mentions each.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { AnyOperation } from '../../../src/api/operation.ts'
import { versionsAnswer } from '../../../src/dialects/huawei/operations/versions.ts'
import { routes } from '../../../src/dialects/huawei/routes.ts'
import { AdminClient } from '../admin-client.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { refused } from '../expect.ts'
import { TestServer } from '../server.ts'
import { type Documented, documentedOperations } from './documented-operations.ts'

const uuid = '00000000-0000-4000-8000-000000000000'

/** A path with all its placeholders filled. */
function filled({ path }: Documented, project: string): string {
  return path
    .replace('{project_id}', project)
    .replace('{version_id}', 'v1.0')
    .replace('{resource_instances}', 'resource_instances')
    .replaceAll(/\{\w+\}/g, uuid)
}

const isAboutVersions = ({ name }: Documented): boolean =>
  name === 'ShowVersions' || name === 'ShowVersion'

function operationOf(one: Documented): AnyOperation {
  return routes.find(one.method, filled(one, 'p').slice(1).split('/')).operation
}

const nameOf = (field: string): string => field.replace('*', '')

/** What is refused with any input: path by path, with the code and the name in its record. */
const declined: Readonly<Record<string, readonly [code: string, recordedAs: string]>> = {
  CreateKeyStore: ['KMS.0340', 'create-key-store'],
  ShowKeyStore: ['KMS.0340', 'describe-key-store'],
  DeleteKeyStore: ['KMS.0340', 'delete-key-store'],
  EnableKeyStore: ['KMS.0340', 'enable-key-store'],
  DisableKeyStore: ['KMS.0340', 'disable-key-store'],
  CreatePin: ['KMS.0340', 'create-pin'],
  CreateAccessPoint: ['KMS.0201', 'create-access-point'],
  ListAccessPoint: ['KMS.0201', 'list-access-points'],
  DeleteAccessPoint: ['KMS.0201', 'delete-access-point'],
  EnableAccessPoint: ['KMS.0201', 'enable-access-point'],
  DisableAccessPoint: ['KMS.0201', 'disable-access-point'],
  DownloadAccessPointPrivateKey: ['KMS.0201', 'get-access-point-private-key'],
  CreateKeyPolicy: ['KMS.0201', 'create-key-policy'],
  ListKeyPolicy: ['KMS.0201', 'list-key-policies'],
  ShowKeyPolicy: ['KMS.0201', 'describe-key-policy'],
  UpdateKeyPolicy: ['KMS.0201', 'update-key-policy'],
  DeleteKeyPolicy: ['KMS.0201', 'delete-key-policy'],
  CreateDatakeyCapsule: ['KMS.0201', 'create-data-key-capsule'],
  DecryptDatakeyCapsule: ['KMS.0201', 'decrypt-data-key-capsule'],
  ReplicateKey: ['KMS.3801', 'replicate-key'],
  UpdatePrimaryRegion: ['KMS.3801', 'update-primary-region'],
}

/** Fields that are optional in the documentation but without which the call has no meaning. */
const needed: Readonly<Record<string, readonly string[]>> = { CreateKmsTag: ['tag'] }

/**
 * Fields that are read beyond the documentation. Any other is ignored, with any content: a client
 * may send fields of another version of the API.
 */
const ours: Readonly<Record<string, readonly string[]>> = {
  CreateDatakey: ['encryption_context'],
  CreateDatakeyWithoutPlaintext: ['encryption_context'],
  CreateEcDatakeyPair: ['encryption_context'],
  // A PIN would promise what does not exist, so it is refused in this operation as in that for
  // curves.
  CreateRsaDatakeyPair: ['encryption_context', 'pin', 'pin_type'],
  DecryptData: ['encryption_context'],
  DecryptDatakey: ['encryption_context'],
  EncryptData: ['encryption_context'],
  EncryptDatakey: ['encryption_context'],
}

/** No schema rejects an unknown field. */
function assertOpen(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  assert.ok(
    !('additionalProperties' in schema) || schema.additionalProperties !== false,
    JSON.stringify(schema),
  )
  for (const inner of Object.values(schema)) assertOpen(inner)
}

/** A valid value for each field that some operation requires. */
const samples: Readonly<Record<string, unknown>> = {
  key_id: uuid,
  destination_key_id: uuid,
  target_key_id: uuid,
  grant_id: '0'.repeat(64),
  aliases: ['alias/a'],
  tags: [{ key: 'a' }],
  tag: { key: 'a' },
  operations: ['encrypt-data'],
  with_plain_text: true,
  action: 'create',
  import_token: 'A'.repeat(216),
  pending_days: 7,
  rotation_interval: 90,
  random_data_length: 512,
  datakey_plain_length: 32,
  datakey_cipher_length: 32,
}

describe('the documented operations', () => {
  test('there are 75 of them, each once', () => {
    assert.equal(documentedOperations.length, 75)
    assert.equal(new Set(documentedOperations.map(({ name }) => name)).size, 75)
    assert.equal(
      new Set(documentedOperations.map(({ method, path }) => `${method} ${path}`)).size,
      75,
    )
  })

  for (const one of documentedOperations) {
    test(`${one.name}: it exists, reads the documented fields and ours, and requires none that is optional`, () => {
      if (isAboutVersions(one))
        return assert.notEqual(versionsAnswer(one.method, filled(one, 'p')), undefined)
      const { fields } = operationOf(one)
      if (one.name in declined) return assert.deepEqual(Object.keys(fields.properties), [])
      const known = new Set(Object.keys(fields.properties))
      const inPath = [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
      assert.deepEqual(
        one.fields.map(nameOf).filter((field) => !known.has(field)),
        [],
      )
      const documented = new Set([...one.fields.map(nameOf), ...inPath])
      assert.deepEqual(
        [...known].filter((field) => !documented.has(field)),
        ours[one.name] ?? [],
      )
      assertOpen(fields)
      const mustBeGiven = new Set([
        ...one.fields.filter((field) => field.endsWith('*')).map(nameOf),
        ...inPath,
      ])
      assert.deepEqual(
        (fields.required ?? []).filter((field: string) => !mustBeGiven.has(field)),
        needed[one.name] ?? [],
      )
    })
  }
})

/**
 * Rows of the table of operations in docs/huawei-api.md: name, call, whether it is supported, what
 * differs.
 */
function documentRows(): readonly (readonly string[])[] {
  const lines = readFileSync('docs/huawei-api.md', 'utf8').split('\n')
  const head = lines.indexOf(
    '| operation | call | supported | differences from the documentation |',
  )
  assert.notEqual(head, -1)
  const table = lines.slice(head + 2)
  return table.slice(0, table.indexOf('')).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('docs/huawei-api.md', () => {
  const base = '/v1.0/{project_id}/kms/'

  test('has one row for each documented operation, with its call', () => {
    const rows = documentRows().map(([name, call]) => `${name}: ${call}`)
    const operations = documentedOperations.map(
      ({ name, method, path }) => `${name}: ${method} ${path.replace(base, '')}`,
    )
    assert.deepEqual(rows.toSorted(), operations.toSorted())
  })

  test('says of each whether it works, and with which code it is refused where it does not', () => {
    for (const [name = '', , supported, differs = ''] of documentRows()) {
      const code = declined[name]?.[0]
      assert.equal(supported, code === undefined ? 'yes' : 'refused', name)
      assert.equal(/^400 (KMS\.\d{4}): ./.exec(differs)?.[1], code, name)
    }
  })

  test('counts them right, and so does the README', () => {
    const [refusedOnes, all] = [Object.keys(declined).length, documentedOperations.length]
    const page = `All ${all} documented operations, by their names in the documentation: ${all - refusedOnes} work and ${refusedOnes} are refused.`
    assert.ok(readFileSync('docs/huawei-api.md', 'utf8').includes(page), page)
    const front = `${all - refusedOnes} of the API's ${all} operations work; the ${refusedOnes} others are refused`
    assert.ok(readFileSync('README.md', 'utf8').includes(front), front)
  })
})

describe('a deployment behind them', () => {
  let server: TestServer
  let client: HuaweiClient

  before(async () => {
    server = await TestServer.start()
    client = server.client()
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const call = (one: Documented, data?: object): Promise<Answer> =>
    client.send(client.sign(one.method, filled(one, client.credentials.project_id), data))
  const get = (path: string): Promise<Answer> =>
    client.send(client.sign('GET', path.replace('PROJECT', client.credentials.project_id)))

  const withSequence = documentedOperations.filter(({ fields }) => fields.includes('sequence'))
  for (const one of withSequence) {
    test(`${one.name} takes a sequence of up to 64 characters, and no other: KMS.0206`, async () => {
      const { properties, required = [] } = operationOf(one).fields
      const data = Object.fromEntries(required.map((name: string) => [name, samples[name] ?? '']))
      assert.ok('sequence' in properties)
      for (const sequence of ['', 'x'.repeat(65), `${'x'.repeat(35)}_`, 5, {}])
        refused(await call(one, { ...data, sequence }), 400, 'KMS.0206')
      // As documented; as Cloud Custodian sends it; the bounds.
      for (const sequence of [
        '919c82d4-8046-4722-9094-35c3c6524cff',
        '919c82d480464722909435c3c6524cff',
        '1',
        'x'.repeat(64),
      ]) {
        const { status, body } = await call(one, { ...data, sequence })
        assert.notEqual(body?.error?.error_code, 'KMS.0206', `${status}`)
      }
    })
  }

  test('what a deployment does not have is refused with the reason, for any input, and recorded under its name', async () => {
    for (const one of documentedOperations.filter(({ name }) => name in declined)) {
      const [code] = declined[one.name] as readonly [string, string]
      for (const data of one.method === 'GET'
        ? [undefined]
        : [undefined, {}, { unheard: ['of'] }]) {
        const answer = await call(one, data)
        refused(answer, 400, code)
        assert.match(answer.body.error.error_msg, /^(there are no|a deployment is in one region)/)
      }
    }
    const admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    for (const [, recordedAs] of Object.values(declined)) {
      const { records } = await admin.ok('GET', `/audit?operation=${recordedAs}`)
      assert.ok(records.length > 0, recordedAs)
      assert.ok(
        records.every(
          ({ outcome, caller }: Body) => outcome.endsWith('-unsupported') && caller !== null,
        ),
      )
    }
    admin.close()
  })

  test('strangers get the same refusal here as everywhere', async () => {
    for (const one of documentedOperations.filter(({ name }) => name in declined)) {
      const unsigned = await fetch(server.url + filled(one, client.credentials.project_id), {
        method: one.method,
      })
      assert.equal(unsigned.status, 403)
      const elsewhere = await client.send(client.sign(one.method, filled(one, 'f'.repeat(32))))
      refused(elsewhere, 403, 'KMS.0321')
    }
  })

  test('instances are the keys of the project, until they end', async () => {
    const instances = async () => (await client.get('user-instances')).body
    assert.deepEqual(await instances(), { instance_num: 0 })
    const ending = await client.createKey()
    await client.createKey({ key_spec: 'EC_P256' })
    await client.createKey({ origin: 'external' })
    await client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
    assert.deepEqual(await instances(), { instance_num: 3 })
  })

  test('the one region, and no key store; pages of both', async () => {
    const { region } = client.credentials
    const lists: readonly (readonly [path: string, query: string, answer: object])[] = [
      ['/v2/PROJECT/kms/regions', '', { regions: [region] }],
      ['/v2/PROJECT/kms/regions', '?limit=1000&offset=0', { regions: [region] }],
      ['/v2/PROJECT/kms/regions', '?offset=1', { regions: [] }],
      ['/v1.0/PROJECT/keystores', '', { total: 0, keystores: [] }],
      ['/v1.0/PROJECT/keystores', '?limit=10&offset=20', { total: 0, keystores: [] }],
    ]
    for (const [path, query, answer] of lists)
      assert.deepEqual((await get(path + query)).body, answer)
    for (const path of ['/v2/PROJECT/kms/regions', '/v1.0/PROJECT/keystores']) {
      for (const limit of ['0', '1001', '-1', 'ten', ''])
        refused(await get(`${path}?limit=${limit}`), 400, 'KMS.1601')
      for (const offset of ['-1', 'x', '1.5', ''])
        refused(await get(`${path}?offset=${offset}`), 400, 'KMS.1603')
    }
  })
})
