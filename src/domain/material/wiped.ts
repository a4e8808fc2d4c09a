/**
 * Secret bytes that end with the scope that holds them. `using` overwrites them however the scope
 * ends, so no path can forget to.
 */

// Where a browser has no `using`, the build of the console replaces it by code that asks for the
// symbol of this name; Safari lacks Symbol.dispose.
if (!Object.hasOwn(Symbol, 'dispose'))
  Object.defineProperty(Symbol, 'dispose', { value: Symbol.for('Symbol.dispose') })

/** Overwrites bytes with zeros, for bytes whose end is an event and not the end of a scope. */
export function wipe(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const bytes of secrets) bytes?.fill(0)
}

/** Bytes that are overwritten with zeros at the end of their scope, unless they were released. */
export class Wiped<Bytes extends Uint8Array | undefined> implements Disposable {
  readonly bytes: Bytes
  #isReleased = false

  private constructor(bytes: Bytes) {
    this.bytes = bytes
  }

  /** @param bytes wiped at the end of the scope; nothing is copied. */
  static of<Bytes extends Uint8Array | undefined>(bytes: Bytes): Wiped<Bytes> {
    return new Wiped(bytes)
  }

  /** What is made of bytes at their last use: they are wiped after it. */
  static spend<T>(bytes: Uint8Array, make: (bytes: Uint8Array) => T): T {
    using spent = Wiped.of(bytes)
    return make(spent.bytes)
  }

  /** Several at once. @param list those in it when the scope ends are wiped. */
  static each(list: readonly (Uint8Array | undefined)[]): Disposable {
    return { [Symbol.dispose]: () => wipe(...list) }
  }

  /** Leaves the bytes to the caller of this scope, who wipes them from here on. */
  release(): Bytes {
    this.#isReleased = true
    return this.bytes
  }

  [Symbol.dispose](): void {
    if (!this.#isReleased) wipe(this.bytes)
  }
}
