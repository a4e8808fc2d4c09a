/**
 * Unwrapped files given as wrapped are refused before they leave the machine. The table is the
 * specification.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  modulusBytes,
  readWrappedPart,
  readWrappedWhole,
  wrappedSentence,
} from '../../src/custody/wrapped-parts.ts'
import { keySpec } from '../../src/domain/keys/key-specs.ts'
import { derOf, underAes, underRsa, wrappedFiles } from './wrapped-files.ts'

const moduli = [256]

describe('a file that is given as wrapped', () => {
  for (const [what, spec, file, verdict] of wrappedFiles)
    test(`${spec}: ${what} is ${verdict}`, () => {
      const read = readWrappedPart(Buffer.from(file as Uint8Array), { spec: keySpec(spec), moduli })
      if (read.kind === 'refused') assert.equal(read.reason, verdict)
      else
        assert.ok(
          read.fits.some((part) => part === verdict),
          read.fits.join(),
        )
    })

  test('the length of a wrapping key is that of its modulus', () => {
    for (const bits of [2048, 3072]) {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
      assert.equal(modulusBytes(publicKey.export({ format: 'der', type: 'spki' })), bits / 8)
    }
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    assert.equal(modulusBytes(ec.export({ format: 'der', type: 'spki' })), undefined)
  })
})

describe('both parts of a wrapped private key', () => {
  const target = { spec: keySpec('EC_P256'), moduli }
  const temporary = underRsa(randomBytes(32))
  const privateKey = underAes(derOf('EC_P256'))
  const right = {
    kind: 'whole',
    secret: temporary.toString('base64'),
    privateKey: privateKey.toString('base64'),
  }

  test('are swapped if they were given the wrong way round', () => {
    assert.deepEqual(readWrappedWhole(temporary, privateKey, target), {
      ...right,
      isSwapped: false,
    })
    assert.deepEqual(readWrappedWhole(privateKey, temporary, target), { ...right, isSwapped: true })
  })

  test('must be two: one part, or one part twice, is refused', () => {
    for (const [one, other] of [
      [temporary, null],
      [privateKey, privateKey],
    ] as const) {
      const read = readWrappedWhole(one, other, target)
      assert.ok(read.kind === 'refused')
      assert.equal(
        wrappedSentence(read),
        'This file holds one of the two parts of a wrapped private key. It was not sent.',
      )
    }
  })
})
