/**
 * Import tokens: bound to key, project and time, used once, few at a time; any misuse is refused
 * and changes nothing.
 *
 * @also two-threads, postgresql
 * @fuller
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { isDeepRun } from '../../tiers.ts'
import { type Answer, type Body, type HuaweiClient, wrap } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const hour = 3_600_000

describe('import tokens', () => {
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

  const external = (): Promise<string> => client.createKey({ origin: 'external' })
  const parameters = (keyId: string): Promise<Body> =>
    client.ok('get-parameters-for-import', {
      key_id: keyId,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
  const send = (
    keyId: string,
    { import_token, public_key }: Body,
    material: Uint8Array = randomBytes(32),
  ): Promise<Answer> =>
    client.call('import-key-material', {
      key_id: keyId,
      import_token,
      encrypted_key_material: wrap(public_key, material),
    })
  const stillPending = async (keyId: string): Promise<void> =>
    assert.equal((await client.describe(keyId)).key_state, '5')
  const tokensOf = (keyId: string): Promise<Record<string, unknown>[]> =>
    server.select(`SELECT * FROM import_tokens WHERE key_id = '${keyId}'`)

  test('parameters have the sizes that clients know: token, RSA_2048 key, seconds', async () => {
    const answer = await parameters(await external())
    assert.ok(answer.import_token.length >= 200 && answer.import_token.length <= 6144)
    assert.equal(wrap(answer.public_key, randomBytes(32)).length, 344)
    assert.equal(typeof answer.expiration_time, 'number')
    assert.ok(Math.abs(answer.expiration_time - (Date.now() + moved + 24 * hour) / 1000) < 10)
  })

  test('a token of another key is refused', async () => {
    const [one, other] = [await external(), await external()]
    refused(await send(other, await parameters(one)), 400, 'KMS.2603')
    await stillPending(other)
  })

  test('the key of one token does not unwrap what was wrapped for another', async () => {
    const id = await external()
    const [one, other] = [await parameters(id), await parameters(id)]
    refused(await send(id, { ...one, public_key: other.public_key }), 400, 'KMS.0311')
    await stillPending(id)
    accepted(await send(id, one))
  })

  test('a token with any byte changed is refused', async () => {
    const id = await external()
    const answer = await parameters(id)
    const token = Buffer.from(answer.import_token, 'base64')
    for (let at = 0; at < token.length; at++) {
      const changed = Buffer.from(token)
      changed[at] = (changed[at] ?? 0) ^ 1
      refused(
        await send(id, { ...answer, import_token: changed.toString('base64') }),
        400,
        'KMS.2605',
      )
    }
    await stillPending(id)
    accepted(await send(id, answer))
  })

  test('a token of another deployment is refused', async () => {
    await using elsewhere = await TestServer.start()
    const foreign = elsewhere.client()
    const theirs = await foreign.createKey({ origin: 'external' })
    const answer = await foreign.ok('get-parameters-for-import', {
      key_id: theirs,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    foreign.close()
    const id = await external()
    refused(await send(id, answer), 400, 'KMS.2605')
    await stillPending(id)
  })

  test('the same request again gets the same answer; any other use of a used token is refused', async () => {
    const id = await external()
    const answer = await parameters(id)
    const material = randomBytes(32)
    const request = {
      key_id: id,
      import_token: answer.import_token,
      encrypted_key_material: wrap(answer.public_key, material),
    }
    accepted(await client.call('import-key-material', request))
    assert.deepEqual((await client.call('import-key-material', request)).body, {})
    refused(await send(id, answer, material), 400, 'KMS.2605')
    accepted(await client.call('delete-imported-key-material', { key_id: id }))
    refused(await client.call('import-key-material', request), 400, 'KMS.2605')
    await stillPending(id)
  })

  const rounds = isDeepRun ? 50 : 4
  test(`of two imports at once with one token exactly one counts (${10 * rounds} rounds on ten keys)`, {
    timeout: 120_000,
  }, async () => {
    const round = async (id: string): Promise<void> => {
      const answer = await parameters(id)
      const wrapped = [
        wrap(answer.public_key, materials.get(id) as Buffer),
        wrap(answer.public_key, materials.get(id) as Buffer),
      ]
      const requests = wrapped.map((encrypted_key_material) => ({
        key_id: id,
        import_token: answer.import_token,
        encrypted_key_material,
      }))
      const answers = await Promise.all(
        requests.map((request) => client.call('import-key-material', request)),
      )
      assert.equal(
        answers.filter(({ status }) => status === 200).length,
        1,
        JSON.stringify(answers.map(({ body }) => body)),
      )
      refused(answers.find(({ status }) => status !== 200) as Answer, 400, 'KMS.2605')
      assert.equal((await client.describe(id)).key_state, '2')
      accepted(await client.call('delete-imported-key-material', { key_id: id }))
    }
    const materials = new Map<string, Buffer>()
    for (let i = 0; i < 10; i++) materials.set(await external(), randomBytes(32))
    await Promise.all(
      [...materials.keys()].map(async (id) => {
        for (let i = 0; i < rounds; i++) await round(id)
      }),
    )
  })

  test('a key has at most eight open tokens; the oldest goes', async () => {
    const id = await external()
    const answers: Body[] = []
    for (let i = 0; i < 9; i++) answers.push(await parameters(id))
    assert.equal((await tokensOf(id)).length, 8)
    refused(await send(id, answers[0]), 400, 'KMS.2605')
    accepted(await send(id, answers[1]))
  })

  test('tokens requested at once are all granted, and no more than eight stay', async () => {
    const id = await external()
    const answers = await Promise.all(
      Array.from({ length: 24 }, () =>
        client.call('get-parameters-for-import', {
          key_id: id,
          wrapping_algorithm: 'RSAES_OAEP_SHA_256',
        }),
      ),
    )
    for (const { status, body } of answers) assert.equal(status, 200, JSON.stringify(body))
    assert.equal((await tokensOf(id)).length, 8)
  })

  test('ten failed tries use up a token, and its wrapping key is gone', async () => {
    const id = await external()
    const answer = await parameters(id)
    const request = {
      key_id: id,
      import_token: answer.import_token,
      encrypted_key_material: Buffer.alloc(256, 1).toString('base64'),
    }
    const texts = new Set<string>()
    for (let i = 0; i < 10; i++) {
      const refusal = await client.call('import-key-material', request)
      refused(refusal, 400, 'KMS.0311')
      texts.add(JSON.stringify(refusal.body))
    }
    assert.equal(texts.size, 1)
    assert.equal((await tokensOf(id)).length, 0)
    refused(await send(id, answer), 400, 'KMS.2605')
  })

  test('every failure to unwrap material gets the same answer', async () => {
    const id = await external()
    const answer = await parameters(id)
    const wrapped = Buffer.from(wrap(answer.public_key, randomBytes(32)), 'base64')
    const flipped = Buffer.from(wrapped)
    flipped[100] = (flipped[100] ?? 0) ^ 1
    const cases = [
      flipped,
      Buffer.alloc(256),
      Buffer.alloc(256, 255),
      wrapped.subarray(1),
      Buffer.concat([wrapped, Buffer.alloc(1)]),
      randomBytes(256),
    ]
    const bodies = new Set<string>()
    for (const bytes of cases) {
      const refusal = await client.call('import-key-material', {
        key_id: id,
        import_token: answer.import_token,
        encrypted_key_material: bytes.toString('base64'),
      })
      refused(refusal, 400, 'KMS.0311')
      bodies.add(JSON.stringify(refusal.body))
    }
    assert.equal(bodies.size, 1)
  })

  test('material of a wrong length has its own code, because the owner is known by then', async () => {
    const id = await external()
    for (const length of [1, 16, 24, 31, 33, 64])
      refused(await send(id, await parameters(id), randomBytes(length)), 400, 'KMS.2604')
    await stillPending(id)
  })

  test('the wrapping key of a used token is erased in the same step', async () => {
    const id = await external()
    accepted(await send(id, await parameters(id)))
    assert.deepEqual(
      (await tokensOf(id)).map(({ sealed_private_key }) => sealed_private_key),
      [null],
    )
  })

  test('a token requested after an expiry survives the erasure that the expiry causes', async () => {
    const expiration_time = Math.floor((Date.now() + moved) / 1000) + 60
    const keys = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const [id, material] = [await external(), randomBytes(32)]
        accepted(await client.import(id, material, { expiration_time }))
        const before = await client.call('get-parameters-for-import', {
          key_id: id,
          wrapping_algorithm: 'RSAES_OAEP_SHA_256',
        })
        assert.equal(before.status, 400)
        return { id, material }
      }),
    )
    moved += 61_000
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    const answers = await Promise.all(keys.map(({ id }) => parameters(id)))
    await until(
      async () =>
        (await server.select('SELECT id FROM keys WHERE material_expires_at IS NOT NULL'))
          .length === 0,
      10_000,
    )
    for (const [i, { id, material }] of keys.entries())
      accepted(await send(id, answers[i] as Body, material))
  })

  test('from the instant of its end a token is refused as expired, before it is gone and after', async () => {
    const id = await external()
    const answer = await parameters(id)
    const material = randomBytes(32)
    moved += 24 * hour - 5000
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    const early = await external()
    accepted(await send(early, await parameters(early)))
    moved += 5000
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    refused(await send(id, answer, material), 400, 'KMS.2601')
    await until(async () => (await tokensOf(id)).length === 0, 10_000)
    refused(await send(id, answer, material), 400, 'KMS.2601')
    await stillPending(id)
  })
})
