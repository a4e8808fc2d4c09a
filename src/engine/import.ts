/** Material made elsewhere: the token and wrapping key it travels under, its import, its deletion, its expiry. */
import { createHash, type KeyObject } from 'node:crypto'
import { association, associationMatches, checkValue, publicKeyAssociation } from '../crypto/association.ts'
import { exportPrivateKey, importPrivateKey } from '../crypto/key-objects.ts'
import { isWrappingKey } from '../crypto/key-wrap.ts'
import { purposes } from '../crypto/labels.ts'
import { weakness } from '../crypto/material-checks.ts'
import { verifyRow, versionsDigest } from '../crypto/row-mac.ts'
import { KmsError } from '../domain/errors.ts'
import type { AsymmetricSpec, SymmetricSpec } from '../domain/key-specs.ts'
import { keyState } from '../domain/key-state.ts'
import type { ImportTokenRow, KeyRow, KeyVersionRow, RowWrite } from '../domain/rows.ts'
import * as rules from '../domain/rules.ts'
import { deleteRow, insertRow, updateRow } from './changes.ts'
import type { Effect, KeyCommand, Task } from './command.ts'
import { type ImportToken, openToken, sealToken, type WrappingAlgorithm } from './import-token.ts'
import { firstVersion, sealedVersion } from './lifecycle.ts'
import type { LoadedKey } from './loaded-key.ts'

/** A token is not valid before it was made; clocks of nodes may differ by this much. */
const tokenClockSkewMs = 300_000

export type ParametersInput = { readonly keyId: string; readonly wrappingAlgorithm: WrappingAlgorithm }
export type ParametersResult = {
  readonly keyId: string
  readonly token: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly expiresAt: number
}

export const getImportParameters: KeyCommand<ParametersInput, ParametersResult> = {
  name: 'get-import-parameters',
  right: 'import',
  keyId: ({ keyId }) => keyId,
  async run(task, key, { wrappingAlgorithm }) {
    rules.checkMayImport(key.row, task.now)
    const { row, project } = key
    const id = task.random.bytes(16).toHex()
    const expiresAt = task.now + task.settings.importTokenMs
    const standing = await task.reader.importTokens(row.id)
    const open = standing.filter((token) => token.sealedPrivateKey !== null)
    const dropped = open.slice(0, Math.max(0, open.length - rules.openImportTokens + 1))
    const { privateKey, publicKey } = await task.wrappingKeys.take()
    const pkcs8 = exportPrivateKey(privateKey)
    const token = insertRow(project.keys.rowMac, 'importTokens', {
      id,
      keyId: row.id,
      projectId: project.row.id,
      wrappingAlgorithm,
      sealedPrivateKey: project.keys.sealer.seal(purposes.wrappingPrivateKey, tokenBinding(key, id), pkcs8, task.random.bytes),
      consumedBy: null,
      failedAttempts: 0,
      createdAt: task.now,
      expiresAt,
    })
    pkcs8.fill(0)
    // The key's revision counts its tokens too, so that two calls at once cannot both see room for one more.
    const counted = updateRow(project.keys.rowMac, 'keys', row, {})
    return {
      result: {
        keyId: row.id,
        token: sealToken(task, project, { id, keyId: row.id, wrappingAlgorithm, expiresAt }),
        publicKey,
        expiresAt,
      },
      writes: [...dropped.map((one) => deleteRow('importTokens', one)), token, counted],
      erases: dropped.length > 0,
    }
  },
}

export type ImportInput = {
  readonly keyId: string
  readonly token: Uint8Array
  /** Under the wrapping key: symmetric material, or the temporary key of a private key. */
  readonly wrappedMaterial: Uint8Array
  /** Under the temporary key, AES-KWP (RFC 5649): the PKCS#8 of an asymmetric key. */
  readonly wrappedPrivateKey: Uint8Array | undefined
  /** Milliseconds since 1970, or null for material that does not expire. */
  readonly expiresAt: number | null
}

export const importKeyMaterial: KeyCommand<ImportInput, null> = {
  name: 'import-key-material',
  right: 'import',
  keyId: ({ keyId }) => keyId,
  async run(task, key, input) {
    const { row } = key
    rules.checkExternal(row)
    const token = tokenOf(key, input)
    const standing = await task.reader.row('importTokens', token.id)
    if (standing === undefined) throw invalidToken()
    verifyRow(key.project.keys.rowMac, 'importTokens', standing)
    const request = requestDigest(input)
    if (standing.consumedBy !== null) return repeated(task, row, standing, request)
    rules.checkMayImport(row, task.now)
    checkForm(key, input)
    checkTokenTime(standing, task.now)
    rules.checkExpiry(key.spec, input.expiresAt, task.now)
    const notAfter = Math.min(standing.expiresAt, input.expiresAt ?? standing.expiresAt)
    const unwrapped = await task.asymmetric.decrypt(wrappingKey(key, standing), input.wrappedMaterial)
    if (unwrapped === undefined) return failedAttempt(key, standing, notAfter, notUnwrapped())
    try {
      const incoming = await readIncoming(task, key, unwrapped, input.wrappedPrivateKey)
      if (incoming instanceof KmsError) return failedAttempt(key, standing, notAfter, incoming)
      const stored = storeMaterial(task, key, standing, { ...incoming, expiresAt: input.expiresAt, request })
      incoming.material.fill(0)
      return { result: null, ...stored, notAfter, ...(incoming.detail && { detail: incoming.detail }) }
    } finally {
      unwrapped.fill(0)
    }
  },
}

export const deleteImportedKeyMaterial: KeyCommand<{ readonly keyId: string }, null> = {
  name: 'delete-imported-key-material',
  right: 'delete',
  keyId: ({ keyId }) => keyId,
  run(task, key) {
    rules.checkMayDeleteMaterial(key.row, key.spec, task.now)
    return eraseMaterial(task, key)
  },
}

/** What expiry asks for once its instant has passed: the material is erased, everything else of the key stays. */
export const expireKeyMaterial: KeyCommand<{ readonly keyId: string }, null> = {
  name: 'expire-key-material',
  right: 'delete',
  keyId: ({ keyId }) => keyId,
  run(task, key) {
    const { materialExpiresAt, id } = key.row
    if (materialExpiresAt === null || task.now < materialExpiresAt)
      throw new KmsError('material-not-present', `the material of key ${id} is not due to expire`)
    return eraseMaterial(task, key)
  },
}

/** A token whose time is over, used up or not, goes with whatever it still holds. */
export const endImportToken: KeyCommand<{ readonly keyId: string; readonly tokenId: string }, null> = {
  name: 'end-import-token',
  right: 'delete',
  keyId: ({ keyId }) => keyId,
  async run(task, _key, { tokenId }) {
    const token = await task.reader.row('importTokens', tokenId)
    if (token === undefined || task.now < token.expiresAt)
      throw new KmsError('import-token-invalid', 'the import token is not due to end')
    return { result: null, writes: [deleteRow('importTokens', token)], erases: token.sealedPrivateKey !== null }
  },
}

function tokenOf(key: LoadedKey, { token }: ImportInput): ImportToken {
  const opened = openToken(key.project, token)
  if (opened === undefined) throw invalidToken()
  if (opened.keyId !== key.row.id) throw new KmsError('import-token-of-other-key', 'the import token was made for another key')
  return opened
}

function invalidToken(): KmsError {
  return new KmsError('import-token-invalid', 'the import token is not valid; get new parameters for import')
}

function checkTokenTime({ createdAt, expiresAt }: ImportTokenRow, now: number): void {
  if (now >= expiresAt || now < createdAt - tokenClockSkewMs) {
    throw new KmsError('import-token-expired', 'the import token has expired; get new parameters for import')
  }
}

function tokenBinding(key: LoadedKey, token: string) {
  return { project: key.project.row.id, key: key.row.id, token }
}

/** Names one request, so that a client that lost the answer and asks again is told the same. */
function requestDigest({ token, wrappedMaterial, wrappedPrivateKey, expiresAt }: ImportInput): Uint8Array {
  const parts = [token, wrappedMaterial, wrappedPrivateKey ?? new Uint8Array(), Buffer.from(String(expiresAt))]
  const digest = createHash('sha256')
  for (const part of parts) digest.update(`${part.length}:`).update(part)
  return digest.digest()
}

/** The very request that used the token up gets its answer again, as long as what it brought is still there. */
function repeated(task: Task, row: KeyRow, token: ImportTokenRow, request: Uint8Array): Effect<null> {
  const state = keyState(row, task.now)
  const stands = state === 'enabled' || state === 'disabled'
  if (!stands || token.consumedBy === null || Buffer.compare(token.consumedBy, request) !== 0) throw invalidToken()
  return { result: null, detail: 'repeated' }
}

function wrappingKey(key: LoadedKey, token: ImportTokenRow): KeyObject {
  const sealed = token.sealedPrivateKey
  const opened = sealed && key.project.keys.sealer.open(purposes.wrappingPrivateKey, tokenBinding(key, token.id), sealed)
  if (!opened) throw new KmsError('stored-record-corrupt', 'the wrapping key of an import token does not open')
  using pkcs8 = opened
  return importPrivateKey(pkcs8)
}

/** A private key travels in two parts, symmetric material in one. */
function checkForm({ spec }: LoadedKey, { wrappedPrivateKey }: ImportInput): void {
  if (spec.kind === 'symmetric' && wrappedPrivateKey !== undefined)
    throw new KmsError('private-key-not-expected', `a key of ${spec.name} takes no wrapped private key`)
  if (spec.kind !== 'symmetric' && wrappedPrivateKey === undefined)
    throw new KmsError(
      'private-key-missing',
      `a key of ${spec.name} takes a temporary AES key under the wrapping key, and the private key wrapped under it`,
    )
}

function notUnwrapped(): KmsError {
  return new KmsError(
    'material-unwrap-failed',
    'the wrapped material does not open (RSAES-OAEP with SHA-256 for hash and MGF1 under the wrapping key; a private key with AES-KWP under the temporary key)',
  )
}

/** One more try on this token; the last one uses it up, so that nobody can learn by trying. */
function failedAttempt(key: LoadedKey, token: ImportTokenRow, notAfter: number, refusal: KmsError): Effect<null> {
  const failedAttempts = token.failedAttempts + 1
  const spent = failedAttempts >= rules.importTokenAttempts
  const write = spent
    ? deleteRow('importTokens', token)
    : updateRow(key.project.keys.rowMac, 'importTokens', token, { failedAttempts })
  return { result: null, refusal, writes: [write], erases: spent, notAfter }
}

/** Material on its way in, checked. */
type Incoming = {
  /** In memory of its own: wiped once it is sealed. */
  readonly material: Uint8Array
  readonly publicKey: Uint8Array | null
  readonly association: Uint8Array
  readonly checkValue: string | null
  /** A weakness that is let pass because the setting says so. */
  readonly detail: string | undefined
}

/** @returns the refusal of what did not unwrap, which counts against the token. @throws the refusal of what came out. */
async function readIncoming(
  task: Task,
  key: LoadedKey,
  unwrapped: Uint8Array,
  wrappedPrivateKey: Uint8Array | undefined,
): Promise<Incoming | KmsError> {
  const { spec } = key
  if (spec.kind === 'symmetric') return symmetricIncoming(task, key, spec, unwrapped)
  if (!isWrappingKey(unwrapped)) {
    return new KmsError('temporary-key-length-wrong', `the temporary key is 16 or 32 bytes; this is ${unwrapped.length}`)
  }
  return privateKeyIncoming(task, key, spec, unwrapped, wrappedPrivateKey as Uint8Array)
}

function symmetricIncoming(task: Task, { row, project }: LoadedKey, spec: SymmetricSpec, material: Uint8Array): Incoming {
  if (material.length !== spec.materialBytes) {
    throw new KmsError(
      'material-length-wrong',
      `material of ${spec.name} is ${spec.materialBytes} bytes; this is ${material.length}`,
    )
  }
  const found = association(project.keys.association, row.id, row.spec, material)
  const incoming = { material, publicKey: null, association: found, checkValue: checkValue(row.id, row.spec, material) }
  if (row.association !== null) {
    if (associationMatches(row.association, found)) return { ...incoming, detail: undefined }
    throw mismatch(row)
  }
  const weak = weakness(material)
  if (weak !== undefined && task.settings.materialChecks === 'refuse') {
    throw new KmsError('material-weak', `this material cannot be a key: ${weak}`)
  }
  return { ...incoming, detail: weak && `weak material accepted: ${weak}` }
}

async function privateKeyIncoming(
  task: Task,
  { row, project }: LoadedKey,
  spec: AsymmetricSpec,
  temporaryKey: Uint8Array,
  wrapped: Uint8Array,
): Promise<Incoming | KmsError> {
  const pair = await task.privateKeys.vet(project.row.id, spec.name, temporaryKey, wrapped)
  if (pair === undefined) return notUnwrapped()
  const found = publicKeyAssociation(pair.spki)
  const holder = await task.reader.keyOfAssociation(found)
  const refusal = row.association !== null && !associationMatches(row.association, found) ? mismatch(row) : held(holder, row)
  if (refusal !== undefined) {
    pair.pkcs8.fill(0)
    throw refusal
  }
  return { material: pair.pkcs8, publicKey: pair.spki, association: found, checkValue: null, detail: undefined }
}

/** A private key belongs to one key of the deployment, until that key has finally ended. */
function held(holder: string | undefined, row: KeyRow): KmsError | undefined {
  if (holder === undefined || holder === row.id) return undefined
  return new KmsError(
    'private-key-held',
    'another key holds this private key already; a private key belongs to one key at a time',
  )
}

function mismatch(row: KeyRow): KmsError {
  return new KmsError('material-mismatch', `key ${row.id} belongs to the material it was first given; this is other material`)
}

/** Material, association and use of the token in one transaction; the wrapping key is gone with it. */
function storeMaterial(
  task: Task,
  key: LoadedKey,
  token: ImportTokenRow,
  {
    material,
    publicKey,
    expiresAt,
    request,
    ...tie
  }: Incoming & { readonly expiresAt: number | null; readonly request: Uint8Array },
): Pick<Effect<null>, 'writes' | 'erases' | 'materialVersion'> {
  const { row, project } = key
  const { rowMac } = project.keys
  const fresh = sealedVersion(task, project, row, firstVersion, material)
  // Expired material whose erasure is still to come is overwritten.
  const expired = key.versions.find((one) => one.version === firstVersion)
  const version = expired === undefined ? fresh : updateRow(rowMac, 'keyVersions', expired, valuesOf(fresh))
  const updated = updateRow(rowMac, 'keys', row, {
    materialVersion: firstVersion,
    materialExpiresAt: expiresAt,
    versionsDigest: versionsDigest([version.row as KeyVersionRow]),
    association: row.association ?? tie.association,
    checkValue: row.checkValue ?? tie.checkValue,
    importedAt: task.now,
    publicKey,
  })
  const used = updateRow(rowMac, 'importTokens', token, { sealedPrivateKey: null, consumedBy: request })
  return { writes: [version, updated, used], erases: true, materialVersion: firstVersion }
}

function valuesOf(write: RowWrite): Pick<KeyVersionRow, 'sealedMaterial' | 'createdAt'> {
  const { sealedMaterial, createdAt } = write.row as KeyVersionRow
  return { sealedMaterial, createdAt }
}

/** Material and every import token go; the key, its names and its tie to this material stay. */
async function eraseMaterial(task: Task, { row, versions, project }: LoadedKey): Promise<Effect<null>> {
  const tokens = await task.reader.importTokens(row.id)
  const updated = updateRow(project.keys.rowMac, 'keys', row, {
    ...rules.withoutMaterial(row),
    versionsDigest: versionsDigest([]),
  })
  const writes: RowWrite[] = [
    ...versions.map((one) => deleteRow('keyVersions', one)),
    ...tokens.map((one) => deleteRow('importTokens', one)),
    updated,
  ]
  return { result: null, writes, erases: true }
}
