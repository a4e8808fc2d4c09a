/**
 * Memory for secrets. V8 keeps typed arrays of up to 64 bytes inside its heap, where its collector
 * copies them; these are never there.
 */

/** Zeros outside V8's heap: they are never moved, so overwriting them leaves no copy. */
export function secretBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(sizeBytes))
}

/** A copy of bytes, which are left unchanged, in its own memory outside V8's heap. */
export function secretCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = secretBytes(bytes.length)
  copy.set(bytes)
  return copy
}
