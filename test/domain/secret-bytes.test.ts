/**
 * Secrets are never in V8's heap: a list of every other byte array in the cryptography, so that
 * anyone who adds one considers this.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { secretBytes, secretCopy } from '../../src/domain/material/secret-bytes.ts'

test('bytes of a secret have their own buffer, and a copy leaves the original unchanged', () => {
  const original = Uint8Array.of(1, 2, 3)
  const copy = secretCopy(original)
  assert.deepEqual([...copy], [1, 2, 3])
  assert.equal(copy.buffer.byteLength, 3)
  copy.fill(0)
  assert.deepEqual([...original], [1, 2, 3])
  assert.deepEqual([...secretBytes(4)], [0, 0, 0, 0])
})

/**
 * How often a module of the cryptography, or of the encodings of private keys, makes an array that
 * may be in V8's heap: constants, public keys, points, digests, encodings.
 */
const publicArrays: Readonly<Record<string, number>> = {
  'src/crypto/formats/association.ts': 1,
  'src/crypto/formats/canonical.ts': 1,
  'src/crypto/formats/context.ts': 1,
  'src/crypto/asymmetric/ec-encodings.ts': 2,
  'src/crypto/envelope.ts': 2,
  'src/crypto/password.ts': 2,
  'src/crypto/asymmetric/private-keys.ts': 1,
  'src/crypto/asymmetric/rsa-encoding.ts': 4,
  'src/crypto/asymmetric/sm2-encryption.ts': 1,
  'src/domain/material/private-key-encoding.ts': 2,
}

test('every other byte array in the cryptography is known to hold nothing secret', () => {
  const found = globSync(
    'src/{{crypto,root,ports}/**/*,domain/material/{der,private-key-*,curve*}}.ts',
  ).flatMap((file) => {
    const count = [...readFileSync(file, 'utf8').matchAll(/new Uint8Array\(/g)].length
    return count === 0 ? [] : [[file, count] as const]
  })
  assert.deepEqual(Object.fromEntries(found), publicArrays)
})
