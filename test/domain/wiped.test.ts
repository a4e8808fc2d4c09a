/** Secret bytes end with their scope, however it ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wiped, wipe } from '../../src/domain/material/wiped.ts'

const zeros = Uint8Array.of(0, 0, 0)

test('bytes are zeros after their scope returned, and were there within it', () => {
  const secret = Uint8Array.of(1, 2, 3)
  function sum(): number {
    using held = Wiped.of(secret)
    return held.bytes.reduce((all, byte) => all + byte, 0)
  }
  assert.equal(sum(), 6)
  assert.deepEqual(secret, zeros)
})

test('bytes are zeros after their scope threw', () => {
  const secret = Uint8Array.of(1, 2, 3)
  function fail(): void {
    using _held = Wiped.of(secret)
    throw new Error('as intended')
  }
  assert.throws(fail, /as intended/)
  assert.deepEqual(secret, zeros)
})

test('released bytes are the caller’s', () => {
  const secret = Uint8Array.of(1, 2, 3)
  function make(): Uint8Array {
    using held = Wiped.of(secret)
    return held.release()
  }
  assert.equal(make(), secret)
  assert.deepEqual(secret, Uint8Array.of(1, 2, 3))
})

test('bytes are zeros after their last use, whether it returned or threw', () => {
  const [first, second] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]
  assert.equal(
    Wiped.spend(first, (bytes) => bytes.toHex()),
    '010203',
  )
  assert.throws(
    () =>
      Wiped.spend(second, () => {
        throw new Error('as intended')
      }),
    /as intended/,
  )
  assert.deepEqual([first, second], [zeros, zeros])
})

test('of a list, each is wiped, also those that were added within the scope', () => {
  const [first, second] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]
  const list = [first]
  {
    using _held = Wiped.each(list)
    list.push(second)
  }
  assert.deepEqual([first, second], [zeros, zeros])
})

test('nothing to wipe is fine', () => {
  using held = Wiped.of(undefined)
  wipe(undefined)
  assert.equal(held.bytes, undefined)
})
