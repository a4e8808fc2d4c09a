/**
 * The owner's side of an import: wraps material for one key, under the key pair that the server
 * generated for this import.
 */
import { type KeyObject, randomBytes } from 'node:crypto'
import { importPublicKey } from '../crypto/asymmetric/key-objects.ts'
import { encryptOaep } from '../crypto/asymmetric/oaep.ts'
import { wrapPadded } from '../crypto/key-wrap.ts'
import { readWrappedWhole, wrappedSentence, wrappingKeyBytes } from '../custody/wrapped-parts.ts'
import { isUuid } from '../domain/ids.ts'
import { isAsymmetric, type KeySpec } from '../domain/keys/key-specs.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { decodeBase64 } from '../wire/base64.ts'
import { CliFailure } from './failure.ts'
import { shellWord } from './files.ts'
import { jsonIn } from './json-file.ts'

export type ImportParameters = {
  readonly key_id: string
  readonly import_token: string
  readonly public_key: string
}

/** The fields of import-key-material, except for an expiry. */
export type WrappedMaterial = {
  readonly key_id: string
  readonly import_token: string
  readonly encrypted_key_material: string
  readonly encrypted_privatekey?: string
}

const temporaryKeyBytes = 32
const leastModulusBits = 2048

/**
 * @param path for messages. @param content of a file with a response of get-parameters-for-import.
 * @throws CliFailure for any other file.
 */
export function readParameters(path: string, content: Buffer): ImportParameters {
  const found = fieldsOf(path, content)
  if (found?.public_key === undefined)
    throw new CliFailure(
      'usage',
      found?.encrypted_key_material === undefined
        ? `${path} is not a response of get-parameters-for-import, which is a JSON object with key_id, import_token, public_key`
        : `${path} is already wrapped material, not the parameters to wrap it with`,
    )
  const { key_id, import_token, public_key } = found
  return { key_id, import_token, public_key }
}

/**
 * @param path for messages.
 * @param content of a file that `material wrap` wrote; only its own fields are used.
 * @throws CliFailure.
 */
export function readWrapped(path: string, content: Buffer): WrappedMaterial {
  const found = fieldsOf(path, content)
  if (found?.encrypted_key_material === undefined)
    throw new CliFailure(
      'usage',
      found?.public_key === undefined
        ? `${path} is not output of holdfast material wrap, which is a JSON object with key_id, import_token, encrypted_key_material`
        : `${path} contains the parameters of an import; wrap the material with them first: holdfast material wrap --parameters ${shellWord(path)} ...`,
    )
  const { key_id, import_token, encrypted_key_material, encrypted_privatekey } = found
  return {
    key_id,
    import_token,
    encrypted_key_material,
    ...(encrypted_privatekey !== undefined && { encrypted_privatekey }),
  }
}

/**
 * Checks that what will be sent is wrapped, and that its two parts are in the right fields.
 * @param path for messages. @throws CliFailure; nothing was sent.
 */
export function checkedParts(path: string, read: WrappedMaterial, spec: KeySpec): WrappedMaterial {
  const { key_id, import_token, encrypted_key_material, encrypted_privatekey } = read
  const second = encrypted_privatekey === undefined ? null : Buffer.from(encrypted_privatekey)
  const checked = readWrappedWhole(Buffer.from(encrypted_key_material), second, {
    spec,
    moduli: wrappingKeyBytes,
  })
  if (checked.kind === 'refused')
    throw new CliFailure('usage', `${path}: ${wrappedSentence(checked)}`)
  const { secret, privateKey } = checked
  return {
    key_id,
    import_token,
    encrypted_key_material: secret,
    ...(privateKey !== null && { encrypted_privatekey: privateKey }),
  }
}

type Fields = {
  readonly key_id: string
  readonly import_token: string
  readonly public_key?: string
  readonly encrypted_key_material?: string
  readonly encrypted_privatekey?: string
}

/** Undefined for anything but a JSON object whose optional fields, if present, are strings. */
function fieldsOf(path: string, content: Buffer): Fields | undefined {
  const found = jsonIn(path, content)
  if (typeof found !== 'object' || found === null) return undefined
  const { key_id, import_token, ...more } = found as Readonly<Record<string, unknown>>
  const { public_key, encrypted_key_material, encrypted_privatekey } = more
  const optional = { public_key, encrypted_key_material, encrypted_privatekey }
  if (typeof key_id !== 'string' || !isUuid(key_id) || typeof import_token !== 'string')
    return undefined
  if (Object.values(optional).some((one) => one !== undefined && typeof one !== 'string'))
    return undefined
  return { key_id, import_token, ...(optional as Pick<Fields, keyof typeof optional>) }
}

/**
 * Wraps `material` for a key of `spec` (raw bytes, or PKCS#8 in DER) and wipes it.
 * @throws CliFailure.
 */
export function wrapMaterial(
  parameters: ImportParameters,
  material: Buffer,
  spec: KeySpec,
): WrappedMaterial {
  using given = Wiped.of(material)
  const { key_id, import_token } = parameters
  const publicKey = wrappingKeyOf(parameters)
  if (!isAsymmetric(spec))
    return {
      key_id,
      import_token,
      encrypted_key_material: base64(encryptOaep(publicKey, given.bytes)),
    }
  using temporaryKey = Wiped.of(randomBytes(temporaryKeyBytes))
  return {
    key_id,
    import_token,
    encrypted_key_material: base64(encryptOaep(publicKey, temporaryKey.bytes)),
    encrypted_privatekey: base64(wrapPadded(temporaryKey.bytes, given.bytes)),
  }
}

/**
 * @throws CliFailure for a key that no server issues for RSAES_OAEP_SHA_256: material wrapped with
 * it would be lost or exposed.
 */
function wrappingKeyOf({ public_key }: ImportParameters): KeyObject {
  const publicKey = loadedOf(public_key)
  if (publicKey === undefined)
    throw new CliFailure('usage', 'the public_key of the parameters is damaged; get new parameters')
  if (publicKey.asymmetricKeyType !== 'rsa')
    throw new CliFailure(
      'usage',
      'the wrapping key of these parameters is not an RSA key; get new ones with wrapping_algorithm=RSAES_OAEP_SHA_256',
    )
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < leastModulusBits)
    throw new CliFailure(
      'usage',
      `the wrapping key of these parameters has only ${bits} bits, which is too short`,
    )
  return publicKey
}

function loadedOf(text: string): KeyObject | undefined {
  const bytes = decodeBase64(text, text.length)
  try {
    return bytes && importPublicKey(bytes)
  } catch {
    return undefined
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
