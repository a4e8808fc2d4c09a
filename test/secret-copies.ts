/**
 * Where copies of a secret are left: in byte arrays that code made, or wrote to, and did not wipe.
 */
import { mock } from 'node:test'

export type Run<T> = {
  readonly result: T
  /** Arrays that still hold the secret after the call. */
  readonly left: readonly Uint8Array[]
}

type Watched = {
  readonly calls: readonly {
    readonly this: unknown
    readonly arguments: readonly unknown[]
    readonly result?: unknown
  }[]
  restore(): void
}

/**
 * Watches arrays that are decoded, encoded or copied from others; not those of a constructor, or of
 * the system's cryptography.
 * @param slices whether those that `slice` makes count: asn1js makes copies that way, which end
 * with their thread.
 * @param sources whether those that were copied count, which are the caller's or a library's.
 */
export async function copiesLeft<T>(
  secret: Uint8Array,
  run: () => T | Promise<T>,
  { slices = false, sources = false } = {},
): Promise<Run<T>> {
  const arrays = Object.getPrototypeOf(Uint8Array.prototype)
  const written: Watched = mock.method(arrays, 'set').mock
  const made: readonly Watched[] = [
    ...(['from', 'of', 'fromHex', 'fromBase64'] as const).map((name) =>
      mock.method(Uint8Array, name),
    ),
    mock.method(TextEncoder.prototype, 'encode'),
    ...(slices ? [mock.method(arrays, 'slice')] : []),
  ].map((method) => method.mock)
  try {
    const result = await run()
    const seen = new Set([
      ...made.flatMap(({ calls }) => calls.map((call) => call.result)),
      ...written.calls.map((call) => call.this),
      ...(sources ? [written, ...made] : []).flatMap(({ calls }) =>
        calls.map((call) => call.arguments[0]),
      ),
    ])
    const left = [...seen].filter((one) => one instanceof Uint8Array)
    return { result, left: left.filter((bytes) => holds(bytes, secret)) }
  } finally {
    for (const watched of [written, ...made]) watched.restore()
  }
}

export function holds(bytes: Uint8Array, secret: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(secret)
}

export function isWiped(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
