/** Just enough DER to write keys: X.690. What is read is compared with what is written here, never taken apart loosely. */

/** One element of at most 65,535 bytes. In memory of its own, never of a pool. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = parts.reduce((sum, part) => sum + part.length, 0)
  const head =
    content < 0x80 ? [tag, content] : content < 0x100 ? [tag, 0x81, content] : [tag, 0x82, content >> 8, content & 0xff]
  const element = Buffer.alloc(head.length + content)
  element.set(head)
  let at = head.length
  for (const part of parts) {
    element.set(part, at)
    at += part.length
  }
  return element
}
