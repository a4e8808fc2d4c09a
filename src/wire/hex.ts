/** Hexadecimal text, two digits a byte, in either case. */

const digits = /^(?:[0-9a-fA-F]{2})*$/

/**
 * @returns the bytes in memory of their own, so that they can be wiped; undefined for anything else
 * and for more than `maxBytes`.
 */
export function decodeHex(text: string, maxBytes: number): Uint8Array | undefined {
  return text.length <= maxBytes * 2 && digits.test(text) ? Uint8Array.fromHex(text) : undefined
}
