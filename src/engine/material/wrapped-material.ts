/**
 * Incoming material, for an import or a drill: the token and wrapping key that protect it,
 * unwrapping it, and checking it.
 */
import type { KeyObject } from 'node:crypto'
import { exportPrivateKey, importPrivateKey } from '../../crypto/asymmetric/key-objects.ts'
import {
  association,
  associationMatches,
  checkValue,
  publicKeyAssociation,
} from '../../crypto/formats/association.ts'
import { purposes } from '../../crypto/formats/labels.ts'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { unwrapKey } from '../../crypto/key-wrap.ts'
import type { CommandName } from '../../domain/commands.ts'
import { KmsError } from '../../domain/errors.ts'
import { type AsymmetricSpec, isAsymmetric, type SecretSpec } from '../../domain/keys/key-specs.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import {
  type WrappingAlgorithm,
  type WrappingAlgorithmName,
  wrappingAlgorithm,
  wrappingAlgorithms,
} from '../../domain/material/wrapping-algorithms.ts'
import type { ImportTokenRow, RowWrite } from '../../domain/rows.ts'
import { importTokenAttempts, openImportTokens } from '../../domain/rules.ts'
import { isMadeAhead } from '../../domain/skew.ts'
import type { WrappedPrivateKey } from '../../ports/asymmetric.ts'
import { type KeyCommand, type KeyReference, type Refused, type Task, turnOf } from '../command.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { openToken, sealToken } from './import-token.ts'

/** What a token is for; null in a row means an import. */
export type TokenPurpose = null | 'drill'

export type ParametersInput = {
  readonly key: KeyReference
  readonly wrappingAlgorithm: WrappingAlgorithmName
}
export type ParametersResult = {
  readonly keyId: string
  readonly token: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly expiresAt: number
}

/**
 * A command that issues a token and a wrapping key.
 * @param check throws the refusal of a key that takes none now.
 */
export function parametersCommand(
  name: CommandName,
  purpose: TokenPurpose,
  check: (task: Task, key: LoadedKey) => void,
): KeyCommand<ParametersInput, ParametersResult> {
  return {
    name,
    right: 'import',
    key: ({ key }) => key,
    async run(task, key, { wrappingAlgorithm: algorithm }) {
      check(task, key)
      const { row, project } = key
      const id = task.random.bytes(16).toHex()
      const expiresAt = task.now + task.settings.importTokenMs
      const standing = await task.reader.importTokens(row.id)
      const open = standing.filter((token) => token.sealedPrivateKey !== null)
      const dropped = open.slice(0, Math.max(0, open.length - openImportTokens + 1))
      const { wrappingKey: kind } = wrappingAlgorithms[algorithm]
      const turn = turnOf(task.call)
      const pair = await task.wrappingKeys.take(turn, kind)
      const { privateKey, publicKey } = pair
      const token = tokenOf(task, key, privateKey, {
        id,
        wrappingAlgorithm: algorithm,
        expiresAt,
        purpose,
      })
      // The key's revision also changes with its tokens, so that two concurrent calls cannot both
      // see room for one more.
      const counted = updateRow(project.keys.rowMac, 'keys', row, {})
      return {
        result: {
          keyId: row.id,
          token: sealToken(task, project, {
            id,
            keyId: row.id,
            wrappingAlgorithm: algorithm,
            expiresAt,
          }),
          publicKey,
          expiresAt,
        },
        writes: [...dropped.map((one) => deleteRow('importTokens', one)), token, counted],
        erases: dropped.length > 0,
        // Another change of the key came first: the next try uses this pair, so it costs little.
        unused: () => task.wrappingKeys.giveBack(turn, kind, pair),
      }
    },
  }
}

/** A new row of a token, with its wrapping key sealed. */
function tokenOf(
  task: Task,
  key: LoadedKey,
  wrappingKey: KeyObject,
  known: Pick<ImportTokenRow, 'id' | 'wrappingAlgorithm' | 'expiresAt' | 'purpose'>,
): RowWrite<'importTokens'> {
  const { row, project } = key
  using pkcs8 = Wiped.of(exportPrivateKey(wrappingKey))
  return insertRow(project.keys.rowMac, 'importTokens', {
    ...known,
    keyId: row.id,
    projectId: project.row.id,
    sealedPrivateKey: project.keys.sealer.seal(
      purposes.wrappingPrivateKey,
      tokenBinding(key, known.id),
      pkcs8.bytes,
      task.random.bytes,
    ),
    consumedBy: null,
    failedAttempts: 0,
    createdAt: task.now,
  })
}

export type WrappedInput = {
  readonly key: KeyReference
  readonly token: Uint8Array
  /**
   * Under the wrapping key: symmetric material, or the temporary key of a private key. With an
   * algorithm of one part, everything.
   */
  readonly wrappedMaterial: Uint8Array
  /**
   * Under the temporary key (RFC 5649, or RFC 3394 over AES): the private key of an asymmetric key.
   */
  readonly wrappedPrivateKey: Uint8Array | undefined
}

/**
 * The row of a token that was made for this key and for this purpose.
 * @throws KmsError import-token-invalid, import-token-of-other-key.
 */
export async function tokenRow(
  task: Task,
  key: LoadedKey,
  token: Uint8Array,
  purpose: TokenPurpose,
): Promise<ImportTokenRow> {
  const opened = openToken(key.project, token)
  if (opened === undefined)
    throw invalidToken('is damaged, or was made in another project or by another Holdfast server')
  if (opened.keyId !== key.row.id)
    throw new KmsError(
      'import-token-of-other-key',
      `the token was made for key ${opened.keyId}, not for ${key.row.id}; it is still valid for that one, and nothing was done`,
    )
  const row = await task.reader.row('importTokens', opened.id)
  // The row of a token is deleted soon after the token expires; the answer does not depend on when.
  if (row === undefined) throw task.now >= opened.expiresAt ? expiredToken() : droppedToken(purpose)
  verifyRow(key.project.keys.rowMac, 'importTokens', row)
  if (row.purpose !== purpose)
    throw invalidToken(
      purpose === null
        ? 'was made for a backup drill, not for an import'
        : 'was made for an import, not for a drill',
    )
  if (row.wrappingAlgorithm !== opened.wrappingAlgorithm)
    throw invalidToken('is for another wrapping algorithm')
  return row
}

/** @param why what is wrong with it, as a clause without its subject. */
export function invalidToken(why: string): KmsError {
  return new KmsError('import-token-invalid', `the token ${why}; get new parameters`)
}

/** Each of these removes the row of a token early. */
function droppedToken(purpose: TokenPurpose): KmsError {
  const used = purpose === 'drill' ? 'it was used, ' : ''
  return invalidToken(
    `is gone: ${used}${openImportTokens} newer ones replaced it, ${importTokenAttempts} attempts failed, or the material of its key was deleted since`,
  )
}

/** @throws KmsError import-token-expired. */
export function checkTokenTime({ createdAt, expiresAt }: ImportTokenRow, now: number): void {
  if (now >= expiresAt || isMadeAhead(createdAt, now)) throw expiredToken()
}

function expiredToken(): KmsError {
  return new KmsError('import-token-expired', 'the token has expired; get new parameters')
}

/**
 * The parts must be those of the token's algorithm: usually two for a private key, one for
 * everything else.
 * @throws KmsError private-key-not-expected, private-key-missing.
 */
export function checkForm(
  { spec }: LoadedKey,
  token: ImportTokenRow,
  { wrappedPrivateKey }: WrappedInput,
): void {
  const { name, parts } = wrappingAlgorithm(token.wrappingAlgorithm)
  if (parts === 1 && wrappedPrivateKey !== undefined)
    throw new KmsError(
      'private-key-not-expected',
      `with ${name} everything is sent in one part, including a private key`,
    )
  if (parts === 1) return
  if (!isAsymmetric(spec) && wrappedPrivateKey !== undefined)
    throw new KmsError(
      'private-key-not-expected',
      `a key of ${spec.name} takes no wrapped private key`,
    )
  if (isAsymmetric(spec) && wrappedPrivateKey === undefined)
    throw new KmsError(
      'private-key-missing',
      `a key of ${spec.name} takes a temporary key under the wrapping key, and the private key wrapped under it`,
    )
}

/** Unwrapped material, and what binds it to a key. */
export type Incoming = {
  /** In its own memory: wiped once it is sealed. */
  readonly material: Uint8Array
  readonly publicKey: Uint8Array | null
  readonly association: Uint8Array
  readonly checkValue: string | null
}

/**
 * Unwraps. The caller wipes the material.
 * @param notAfter first instant at which a failure to unwrap would have been decided differently.
 * @returns the refusal of what did not unwrap, with the attempt that it counts against the token.
 * @throws the refusal of what was unwrapped: material-length-wrong, private-key-invalid, busy.
 */
export async function unwrap(
  task: Task,
  key: LoadedKey,
  token: ImportTokenRow,
  input: WrappedInput,
  notAfter: number,
): Promise<Incoming | Refused> {
  const incoming = await tryToUnwrap(task, key, token, input)
  return incoming instanceof KmsError ? failedTry(key, token, notAfter, incoming) : incoming
}

async function tryToUnwrap(
  task: Task,
  key: LoadedKey,
  token: ImportTokenRow,
  input: WrappedInput,
): Promise<Incoming | KmsError> {
  const algorithm = wrappingAlgorithm(token.wrappingAlgorithm)
  const wrapping = wrappingKey(key, token)
  const { first, second } = partsOf(algorithm, wrapping, input)
  const unwrapped = await (algorithm.wrappingKey === 'sm2'
    ? task.asymmetric.decryptSm2(turnOf(task.call), wrapping, first)
    : task.asymmetric.decrypt(turnOf(task.call), wrapping, first))
  if (unwrapped === undefined) return notUnwrapped(algorithm)
  const { spec } = key
  if (!isAsymmetric(spec) && algorithm.parts === 2) return secretIncoming(key, spec, unwrapped)
  using temporaryKey = Wiped.of(unwrapped)
  const cipher = algorithm.temporaryKeys[unwrapped.length]
  if (cipher === undefined) {
    const sizes = Object.keys(algorithm.temporaryKeys).join(' or ')
    return new KmsError(
      'temporary-key-length-wrong',
      `the temporary key must be ${sizes} bytes; this one is ${unwrapped.length}`,
    )
  }
  if (isAsymmetric(spec)) {
    const wrapped = { temporaryKey: temporaryKey.bytes, cipher, bytes: second }
    return (await privateKeyIncoming(task, spec, wrapped)) ?? notUnwrapped(algorithm)
  }
  const material = unwrapKey(cipher, temporaryKey.bytes, second)
  return material === undefined ? notUnwrapped(algorithm) : secretIncoming(key, spec, material)
}

/**
 * What is under the wrapping key, and what is under the temporary key; empty if there is nothing.
 */
function partsOf(
  { parts }: WrappingAlgorithm,
  wrapping: KeyObject,
  { wrappedMaterial, wrappedPrivateKey }: WrappedInput,
): { readonly first: Uint8Array; readonly second: Uint8Array } {
  if (parts === 2) return { first: wrappedMaterial, second: wrappedPrivateKey ?? new Uint8Array() }
  const end = (wrapping.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  return { first: wrappedMaterial.subarray(0, end), second: wrappedMaterial.subarray(end) }
}

/**
 * Counts one more failed attempt against this token; the last one uses it up, so that nobody can
 * learn by trying.
 */
function failedTry(
  key: LoadedKey,
  token: ImportTokenRow,
  notAfter: number,
  refusal: KmsError,
): Refused {
  const failedAttempts = token.failedAttempts + 1
  const spent = failedAttempts >= importTokenAttempts
  const write = spent
    ? deleteRow('importTokens', token)
    : updateRow(key.project.keys.rowMac, 'importTokens', token, { failedAttempts })
  return { refusal, writes: [write], erases: spent, notAfter }
}

/**
 * Whether this is the material that the key belongs to.
 * @returns undefined for a key that never had any.
 */
export function isOwnMaterial(
  { row }: LoadedKey,
  { association: found }: Incoming,
): boolean | undefined {
  return row.association === null ? undefined : associationMatches(row.association, found)
}

function tokenBinding(key: LoadedKey, token: string) {
  return { project: key.project.row.id, key: key.row.id, token }
}

function wrappingKey(key: LoadedKey, token: ImportTokenRow): KeyObject {
  const sealed = token.sealedPrivateKey
  const opened =
    sealed &&
    key.project.keys.sealer.open(purposes.wrappingPrivateKey, tokenBinding(key, token.id), sealed)
  if (!opened)
    throw new KmsError(
      'stored-record-corrupt',
      'the wrapping key of an import token cannot be unsealed',
    )
  using pkcs8 = opened
  return importPrivateKey(pkcs8)
}

function notUnwrapped({ described }: WrappingAlgorithm): KmsError {
  return new KmsError(
    'material-unwrap-failed',
    `the wrapped material does not open (${described}); if it was not wrapped, it was sent in plaintext: treat it as exposed`,
  )
}

/** @param unwrapped taken over. */
function secretIncoming(
  { row, project }: LoadedKey,
  spec: SecretSpec,
  unwrapped: Uint8Array,
): Incoming {
  using material = Wiped.of(unwrapped)
  const { bytes } = material
  if (bytes.length !== spec.materialBytes)
    throw new KmsError(
      'material-length-wrong',
      `material of ${spec.name} must be ${spec.materialBytes} bytes; this is ${bytes.length}`,
    )
  const facts = {
    publicKey: null,
    association: association(project.keys.association, row.id, row.spec, bytes),
    checkValue: checkValue(row.id, row.spec, bytes),
  }
  return { material: material.release(), ...facts }
}

/** @returns undefined if it did not unwrap. */
async function privateKeyIncoming(
  task: Task,
  spec: AsymmetricSpec,
  wrapped: WrappedPrivateKey,
): Promise<Incoming | undefined> {
  const pair = await task.privateKeys.vet(turnOf(task.call), spec.name, wrapped)
  if (pair === undefined) return undefined
  return {
    material: pair.pkcs8,
    publicKey: pair.spki,
    association: publicKeyAssociation(pair.spki),
    checkValue: null,
  }
}
