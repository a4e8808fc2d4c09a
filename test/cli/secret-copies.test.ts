/** The command line wipes material, texts and requests when it is done with them, or has failed. */
import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync, hash, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { prove } from '../../src/cli/drill.ts'
import { CliFailure } from '../../src/cli/failure.ts'
import { readSecretText } from '../../src/cli/files.ts'
import { wrapHere } from '../../src/cli/keys.ts'
import { type Answer, type KmsClient, kmsClient } from '../../src/cli/kms-client.ts'
import { materialFrom, materialOfBackup } from '../../src/cli/material-file.ts'
import { earlierPassphraseFromFile } from '../../src/cli/passphrase-source.ts'
import { wrapMaterial } from '../../src/cli/wrapping.ts'
import { keySpec } from '../../src/domain/keys/key-specs.ts'
import { SecretTextRefused } from '../../src/domain/material/secret-text.ts'
import { freePort } from '../fakes/free-port.ts'
import { copiesLeft, holds, isWiped } from '../secret-copies.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function fileOf(name: string, content: Uint8Array | string): string {
  const file = join(folder, name)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}

const aes = keySpec('AES_256')
const p256 = keySpec('EC_P256')
// Always the same, since random bytes may begin like a structure.
const material = hash('sha256', 'material', 'buffer')
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pkcs8 = ec.export({ format: 'der', type: 'pkcs8' })
const wrapping = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
const public_key = wrapping.export({ format: 'der', type: 'spki' }).toString('base64')
const parameters = { key_id: randomUUID(), import_token: 'a token', public_key }

/** Answers every request alike. */
function answering(answer: () => Promise<Answer>): KmsClient {
  return { call: answer, get: answer, remove: answer, admin: answer }
}

const ready = answering(async () => ({ ...parameters, token: 'a token' }))
const down = answering(() => Promise.reject(new CliFailure('unreachable', 'as intended')))

describe('material that was handed over', () => {
  const damaged = { ...parameters, public_key: 'AAAA' }
  const { key_id } = parameters
  const users: readonly (readonly [
    by: string,
    use: (given: Buffer) => unknown,
    outcome: 'done' | 'refused',
  ])[] = [
    ['wrapping', (given) => wrapMaterial(parameters, given, aes), 'done'],
    ['wrapping a private key', (given) => wrapMaterial(parameters, given, p256), 'done'],
    ['wrapping with a damaged key', (given) => wrapMaterial(damaged, given, aes), 'refused'],
    ['an import', (given) => wrapHere(ready, key_id, given, aes), 'done'],
    ['an import without parameters', (given) => wrapHere(down, key_id, given, aes), 'refused'],
    ['a drill', (given) => prove(ready, key_id, given, aes), 'done'],
    ['a drill without parameters', (given) => prove(down, key_id, given, aes), 'refused'],
    ['reading a backup', (given) => materialOfBackup(given, 'it', aes, {}), 'done'],
    ['reading another backup', (given) => materialOfBackup(given, 'it', p256, {}), 'refused'],
    [
      'reading a backup with a wrong flag',
      (given) => materialOfBackup(given, 'it', aes, { reading: 'rot13' }),
      'refused',
    ],
  ]
  for (const [by, use, outcome] of users)
    test(`is wiped after ${by}`, async () => {
      const given = Buffer.from(Uint8Array.from(material).buffer)
      const run = async (): Promise<unknown> => use(given)
      if (outcome === 'done') await run()
      else await assert.rejects(run(), CliFailure)
      assert.ok(isWiped(given))
    })
})

describe('of a file with material, only what is returned is left', () => {
  const locked = ec.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  })
  const right = { passphraseFile: fileOf('right', 'open sesame') }
  const wrong = { passphraseFile: fileOf('wrong', 'open barley') }
  const broken = Buffer.concat([material, Buffer.of(10)])
  const scalar = Buffer.from(ec.export({ format: 'jwk' }).d ?? '', 'base64url')

  const read = [
    ['raw bytes', material, aes, {}, material],
    ['a line break at its end', broken, aes, { reading: 'raw-line' }, material],
    ['a private key', pkcs8, p256, {}, scalar],
    ['a private key with a passphrase', locked, p256, right, scalar],
  ] as const
  for (const [what, content, spec, flags, secret] of read)
    test(what, async () => {
      const { result, left } = await copiesLeft(secret, () =>
        materialFrom(fileOf('material', content), spec, flags),
      )
      assert.ok(holds(result, secret))
      assert.deepEqual(
        left.filter(({ buffer }) => buffer !== result.buffer),
        [],
      )
    })

  const refused = [
    ['a line break at its end', broken, aes, {}, material],
    ['hexadecimal, said to be raw', material.toString('hex'), aes, { reading: 'raw' }, material],
    ['a private key of another spec', pkcs8, keySpec('EC_P384'), {}, scalar],
  ] as const
  for (const [what, content, spec, flags, secret] of refused)
    test(`refused: ${what}`, async () => {
      const { left } = await copiesLeft(secret, () =>
        assert.rejects(materialFrom(fileOf('material', content), spec, flags), CliFailure),
      )
      assert.deepEqual(left, [])
    })

  test('the passphrase is wiped, right or wrong, and so is what was encrypted', async () => {
    const file = fileOf('locked', locked)
    const encrypted = Buffer.from(locked.toString().replaceAll(/-----.*-----/g, ''), 'base64')
    for (const secret of [Buffer.from('open sesame'), encrypted]) {
      const { left } = await copiesLeft(secret, () => materialFrom(file, p256, right))
      assert.deepEqual(left, [])
    }
    for (const secret of [Buffer.from('open barley'), encrypted]) {
      const { left } = await copiesLeft(secret, () =>
        assert.rejects(materialFrom(file, p256, wrong), CliFailure),
      )
      assert.deepEqual(left, [])
    }
  })
})

describe('a file with a secret text', () => {
  test('is wiped after it was read, and after it was refused', () => {
    for (const error of [undefined, new SecretTextRefused('empty'), new TypeError('as intended')]) {
      let content: Uint8Array = Buffer.alloc(0)
      const read = (): string =>
        readSecretText(fileOf('text', 'open sesame'), (bytes) => {
          content = bytes
          if (error !== undefined) throw error
          return bytes.toString()
        })
      if (error === undefined) assert.equal(read(), 'open sesame')
      else assert.throws(read, error instanceof TypeError ? TypeError : CliFailure)
      assert.equal(content.length, 11)
      assert.ok(isWiped(content))
    }
  })

  test('leaves the passphrase of earlier releases once, in the secret', async () => {
    const text = Buffer.from('\ufeffopen sesame')
    const file = fileOf('earlier', text)
    const { result, left } = await copiesLeft(text, () => earlierPassphraseFromFile(file), {
      sources: true,
    })
    assert.equal(left.length, 1)
    result?.wipe()
    assert.ok(left.every(isWiped))
  })
})

describe('a request', () => {
  const credentials = {
    endpoint: '',
    projectId: randomUUID(),
    accessKey: 'an access key',
    secret: createSecretKey(randomBytes(32)),
  }

  for (const status of [200, 400, undefined])
    test(`is wiped after ${status ?? 'no'} answer`, async (t) => {
      const server = createServer((_, response) => response.writeHead(status ?? 500).end('{}'))
      const port = await freePort()
      if (status !== undefined) await once(server.listen(port, '127.0.0.1'), 'listening')
      const encoded = t.mock.method(Buffer, 'from').mock
      const kms = kmsClient(credentials, `http://127.0.0.1:${port}`)
      const call = kms.call('import-key-material', { encrypted_key_material: 'open sesame' })
      if (status === 200) await call
      else await assert.rejects(call, CliFailure)
      server.close()
      const body = encoded.calls.find(({ arguments: [given] }) => String(given).includes('sesame'))
      assert.ok(body?.result !== undefined && isWiped(body.result))
    })
})
