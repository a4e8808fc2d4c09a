/**
 * Secret bytes do not outlive the call that they were made for. What the cryptographic library and
 * the random source hand out is watched: after a call it holds zeros, unless it is the answer or is
 * stored in the clear.
 */
import assert from 'node:assert/strict'
import { createDecipheriv, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Header, open, saltBytes, seal } from '../../src/crypto/envelope.ts'
import { purposes } from '../../src/crypto/formats/labels.ts'
import { unwrapKey, wrapPadded } from '../../src/crypto/key-wrap.ts'
import { idBytes } from '../../src/domain/ids.ts'
import * as lifecycle from '../../src/engine/keys/lifecycle.ts'
import { rotateOnDemand } from '../../src/engine/keys/rotation.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { EngineInProcess } from '../fakes/engine.ts'

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** What a method of the library returned while `run` ran. */
function handedOut(
  prototype: object,
  method: 'update' | 'digest',
  run: () => unknown,
): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  const original = Object.getOwnPropertyDescriptor(prototype, method)
  if (original === undefined) assert.fail(`${method} is not a method of this prototype`)
  Object.defineProperty(prototype, method, {
    ...original,
    value(this: unknown, ...args: unknown[]) {
      const result = Reflect.apply(original.value, this, args)
      if (result instanceof Uint8Array) found.push(result)
      return result
    },
  })
  try {
    run()
  } finally {
    Object.defineProperty(prototype, method, original)
  }
  return found
}

const decipher = Object.getPrototypeOf(
  createDecipheriv('aes-256-gcm', randomBytes(32), randomBytes(12)),
)
const hmac = Object.getPrototypeOf(createHmac('sha256', 'any'))

const envelopes = { 'AES-256': [1, 32], SM4: [3, 16] } as const
for (const [name, [suite, materialBytes]] of Object.entries(envelopes)) {
  const key = randomBytes(materialBytes)
  const header: Header = { suite, purpose: purposes.data, keyId: idBytes(randomUUID()), version: 1 }
  const context = new Uint8Array(4)
  const sealed = (): Uint8Array =>
    seal(key, header, randomBytes(saltBytes), context, Buffer.from('a secret'))

  test(`${name}: plaintext whose tag is wrong is wiped`, () => {
    const broken = sealed()
    broken[broken.length - 1] = (broken.at(-1) as number) ^ 1
    const parts = handedOut(decipher, 'update', () =>
      assert.equal(open(key, header, context, broken), undefined),
    )
    assert.equal(parts[0]?.length, 'a secret'.length)
    assert.ok(parts.every(isZero))
  })

  test(`${name}: of an opened envelope only what is returned stays`, () => {
    const whole = sealed()
    const parts = handedOut(decipher, 'update', () =>
      assert.equal(Buffer.from(open(key, header, context, whole) ?? []).toString(), 'a secret'),
    )
    assert.equal(parts.length, 1)
    assert.ok(parts.every(isZero))
  })

  test(`${name}: the keys that are derived for one envelope are wiped`, () => {
    const derived = handedOut(hmac, 'digest', () => open(key, header, context, sealed()))
    assert.equal(derived.length, suite === 1 ? 2 : 4)
    assert.ok(derived.every(isZero))
  })
}

test('what a key wrap opened is wiped, whether it was whole or not', () => {
  const [key, material] = [randomBytes(32), randomBytes(32)]
  const wrapped = Uint8Array.from(wrapPadded(key, material))
  const whole = handedOut(decipher, 'update', () =>
    assert.ok(material.equals(unwrapKey('aes', key, wrapped) ?? new Uint8Array())),
  )
  wrapped[5] = (wrapped[5] as number) ^ 1
  const broken = handedOut(decipher, 'update', () =>
    assert.equal(unwrapKey('aes', key, wrapped), undefined),
  )
  assert.ok(whole.length > 0 && whole.every(isZero))
  assert.ok(broken.every(isZero))
})

/** All that the engine drew from the random source. */
const drawn: { readonly bytes: Uint8Array; readonly was: Buffer }[] = []
let engine: EngineInProcess
before(async () => {
  engine = await EngineInProcess.start(1_800_000_000_000, {
    bytes(sizeBytes) {
      const bytes = systemRandom.bytes(sizeBytes)
      drawn.push({ bytes, was: Buffer.from(bytes) })
      return bytes
    },
  })
})
after(() => engine.close())

const input = { description: '', spec: 'AES_256', usage: null, origin: 'made-here' } as const

for (const name of ['creates', 'rotates'] as const)
  test(`material that the engine ${name} is wiped: what remains is stored in the clear`, async () => {
    const { key } = await engine.run(lifecycle.createKey, { ...input, alias: name })
    if (name === 'rotates') {
      drawn.length = 0
      await engine.run(rotateOnDemand, { key: key.id })
    }
    const material = drawn.filter(({ bytes }) => bytes.length === 32 && isZero(bytes))
    assert.equal(material.length, 1, 'the material was not drawn, or it is still there')
    const remaining = drawn.filter(({ bytes }) => bytes.length === 32 && !isZero(bytes))
    assert.equal(remaining.length, 1, 'more remains than the salt of one envelope')
    drawn.length = 0
  })
