/** The owner's side of an import: material wrapped for one key, under the key pair that the server made for this one import. */
import { createPrivateKey, randomBytes } from 'node:crypto'
import { importPublicKey } from '../crypto/key-objects.ts'
import { wrapPadded } from '../crypto/key-wrap.ts'
import { encryptOaep } from '../crypto/oaep.ts'
import { isAsymmetric, type KeySpec } from '../domain/key-specs.ts'
import { CliFailure } from './failure.ts'

export type ImportParameters = { readonly key_id: string; readonly import_token: string; readonly public_key: string }

/** What goes to import-key-material, beside an expiry. */
export type WrappedMaterial = {
  readonly key_id: string
  readonly import_token: string
  readonly encrypted_key_material: string
  readonly encrypted_privatekey?: string
}

const temporaryKeyBytes = 32

/** Wraps and wipes `material` of a key of `spec`: raw bytes, or PKCS#8 in DER. @throws CliFailure. */
export function wrapMaterial(parameters: ImportParameters, material: Buffer, spec: KeySpec): WrappedMaterial {
  const { key_id, import_token } = parameters
  const publicKey = importPublicKey(Buffer.from(parameters.public_key, 'base64'))
  try {
    if (publicKey.asymmetricKeyType !== 'rsa')
      throw new CliFailure('usage', 'the wrapping key is no RSA key: this command wraps for RSAES_OAEP_SHA_256')
    if (!isAsymmetric(spec)) return { key_id, import_token, encrypted_key_material: base64(encryptOaep(publicKey, material)) }
    const temporaryKey = randomBytes(temporaryKeyBytes)
    const wrapped = {
      encrypted_key_material: base64(encryptOaep(publicKey, temporaryKey)),
      encrypted_privatekey: base64(wrapPadded(temporaryKey, material)),
    }
    temporaryKey.fill(0)
    return { key_id, import_token, ...wrapped }
  } finally {
    material.fill(0)
  }
}

/** Material of a file as it is wrapped. A private key may be PEM or DER. @throws CliFailure for what cannot be material of the spec. */
export function materialOf(content: Buffer, spec: KeySpec): Buffer {
  if (!isAsymmetric(spec)) {
    if (content.length === spec.materialBytes) return content
    const size = content.length
    content.fill(0)
    throw new CliFailure('usage', `material of ${spec.name} is ${spec.materialBytes} raw bytes; the file has ${size}`)
  }
  const pem = content.subarray(0, 11).toString('latin1') === '-----BEGIN '
  try {
    const key = createPrivateKeyOf(content, pem)
    return key.export({ format: 'der', type: 'pkcs8' })
  } catch (error) {
    throw new CliFailure('usage', `the file holds no private key that can be read: unencrypted PKCS#8, PEM or DER`, {
      cause: error,
    })
  } finally {
    content.fill(0)
  }
}

function createPrivateKeyOf(content: Buffer, pem: boolean) {
  return pem ? createPrivateKey(content) : createPrivateKey({ key: content, format: 'der', type: 'pkcs8' })
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
