/**
 * How many copies of secrets a server still has in its memory after they were imported, used and
 * erased. The bounds may only fall.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder, TestServer } from '../e2e/server.ts'
import { hooksModule, moveClock } from '../fakes/hooks.ts'
import { countIn, withoutMemory } from './memory.ts'

const dayMs = 86_400_000
/** By then, everything that is to be wiped has been wiped. */
const waitMs = 5000

/**
 * The most copies that are left. Those of the scalar are in arrays that @noble/curves makes for
 * each signature, in the threads for operations.
 */
const bounds = [
  ['AES material', 0],
  ['HMAC material', 0],
  ['scalar of an EC key that signed digests', 100],
] as const

test('copies left behind', { timeout: 180_000, skip: withoutMemory }, async () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  await using server = await TestServer.start({
    data,
    hooks: { module: hooksModule, data: { clockFile } },
  })
  const client = server.client()
  const pid = server.process.pid as number
  const symmetric = randomBytes(32)
  const mac = randomBytes(32)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const scalar = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })

  const aes = await client.createKey({ origin: 'external' })
  assert.equal((await client.import(aes, symmetric)).status, 200)
  for (let i = 0; i < 20; i++) await client.decrypt(await client.encrypt(aes, `text ${i}`))
  const hmac = await client.createKey({
    origin: 'external',
    key_spec: 'HMAC_256',
    key_usage: 'GENERATE_VERIFY_MAC',
  })
  assert.equal((await client.import(hmac, mac)).status, 200)
  const message = randomBytes(32).toString('base64')
  for (let i = 0; i < 20; i++)
    await client.ok('generate-mac', { key_id: hmac, message, mac_algorithm: 'HMAC_SHA_256' })
  const ec = await client.createKey({
    origin: 'external',
    key_spec: 'EC_P256',
    key_usage: 'SIGN_VERIFY',
  })
  assert.equal((await client.importPrivateKey(ec, pkcs8)).status, 200)
  const digest = createHash('sha256').update('x').digest('base64')
  const signing = {
    key_id: ec,
    message: digest,
    message_type: 'DIGEST',
    signing_algorithm: 'ECDSA_SHA_256',
  }
  for (let i = 0; i < 20; i++) await client.ok('sign', signing)

  const needles = [symmetric, mac, scalar]
  const held = countIn(pid, needles)
  for (const id of [aes, hmac]) await client.ok('delete-imported-key-material', { key_id: id })
  await client.ok('schedule-key-deletion', { key_id: ec, pending_days: '7' })
  client.clock = () => Date.now() + 8 * dayMs
  moveClock(clockFile, { wallMs: 8 * dayMs, monotonicMs: 8 * dayMs })
  await sleep(waitMs)
  const left = countIn(pid, needles)
  assert.equal(
    (await client.call('describe-key', { key_id: ec })).status,
    404,
    'the key of the scalar is gone',
  )
  bounds.forEach(([name, most], i) => {
    const [before = 0, after = Number.POSITIVE_INFINITY] = [held[i], left[i]]
    console.log(`# ${name}: ${before} while in use, ${after} after`)
    assert.ok(after <= most, `${name}: ${after} copies are left, at most ${most} are allowed`)
  })
  client.close()
})
