/**
 * Memory for secrets. V8 keeps typed arrays of up to 64 bytes inside its heap, where its collector
 * copies them; these never are there.
 */

/** Zeros outside of V8's heap: they stay where they are, so overwriting them leaves no copy. */
export function secretBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(sizeBytes))
}

/** A copy of bytes, which are left unchanged, in memory of its own outside of V8's heap. */
export function secretCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = secretBytes(bytes.length)
  copy.set(bytes)
  return copy
}
