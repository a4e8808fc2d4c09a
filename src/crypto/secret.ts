/**
 * A few secret bytes that can be lent and wiped, but not printed. SECURITY.md explains the limits
 * of wiping in JavaScript.
 */
import { inspect } from 'node:util'
import { secretCopy } from '../domain/material/secret-bytes.ts'
import { Wiped, wipe } from '../domain/material/wiped.ts'

export class Secret {
  #bytes: Uint8Array
  #wiped = false

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /**
   * Takes ownership of `bytes`: the caller must not use, keep or wipe them afterwards. They must
   * not be part of Node's shared pool.
   */
  static own(bytes: Uint8Array): Secret {
    if (bytes.byteLength !== bytes.buffer.byteLength)
      throw new TypeError('a secret must not share its memory with anything else')
    return new Secret(bytes)
  }

  /** Takes a copy and wipes the original. */
  static move(bytes: Uint8Array): Secret {
    using original = Wiped.of(bytes)
    return new Secret(secretCopy(original.bytes))
  }

  get sizeBytes(): number {
    return this.#bytes.byteLength
  }

  get isWiped(): boolean {
    return this.#wiped
  }

  /** Lends the bytes for the duration of one synchronous call. @throws TypeError once wiped. */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    if (this.#wiped) throw new TypeError('this secret was wiped')
    return fn(this.#bytes)
  }

  wipe(): void {
    wipe(this.#bytes)
    this.#wiped = true
  }

  [Symbol.dispose](): void {
    this.wipe()
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
