/** The file that `holdfast material wrap` writes: it holds all the parts. */
import {
  type NotWrapped,
  readWrappedWhole,
  type WrappedFor,
  type WrappedWhole,
} from '../../../../../src/custody/wrapped-parts.ts'

type HoldfastFile = {
  readonly keyId: string
  readonly secret: string
  readonly privateKey: string | undefined
}

/**
 * Checks such a file for the key of this ID.
 * @returns undefined for any other file.
 */
export function readHoldfastFile(
  bytes: Uint8Array,
  keyId: string,
  target: WrappedFor,
): WrappedWhole | NotWrapped | undefined {
  const file = fieldsOf(bytes)
  if (file === undefined) return undefined
  if (file.keyId !== keyId)
    return { kind: 'refused', reason: 'other-key', values: { keyId: file.keyId } }
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
  return readWrappedWhole(
    bytesOf(file.secret),
    file.privateKey === undefined ? null : bytesOf(file.privateKey),
    target,
  )
}

function fieldsOf(bytes: Uint8Array): HoldfastFile | undefined {
  if (bytes[0] !== 0x7b) return undefined
  try {
    const {
      key_id: keyId,
      encrypted_key_material: secret,
      encrypted_privatekey: privateKey,
    } = JSON.parse(new TextDecoder().decode(bytes))
    const isRight =
      typeof keyId === 'string' &&
      typeof secret === 'string' &&
      ['string', 'undefined'].includes(typeof privateKey)
    return isRight ? { keyId, secret, privateKey } : undefined
  } catch {
    return undefined
  }
}
