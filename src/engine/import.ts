/** Material made elsewhere: the token and wrapping key it travels under, its import, its deletion, its expiry. */
import { createHash } from 'node:crypto'
import { association, associationMatches, checkValue } from '../crypto/association.ts'
import { purposes } from '../crypto/labels.ts'
import { weakness } from '../crypto/material-checks.ts'
import { verifyRow, versionsDigest } from '../crypto/row-mac.ts'
import { exportCleartextPrivateKey, importPrivateKey, unwrapMaterial } from '../crypto/wrapping.ts'
import { KmsError } from '../domain/errors.ts'
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
    const pkcs8 = exportCleartextPrivateKey(privateKey)
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
  readonly wrappedMaterial: Uint8Array
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
    checkTokenTime(standing, task.now)
    rules.checkExpiry(input.expiresAt, task.now)
    const notAfter = Math.min(standing.expiresAt, input.expiresAt ?? standing.expiresAt)
    const material = unwrap(key, standing, input.wrappedMaterial)
    if (material === undefined) return failedAttempt(key, standing, notAfter)
    try {
      const detail = checkMaterial(task, key, material)
      return {
        result: null,
        ...storeMaterial(task, key, standing, { ...input, material, request }),
        notAfter,
        ...(detail && { detail }),
      }
    } finally {
      material.fill(0)
    }
  },
}

export const deleteImportedKeyMaterial: KeyCommand<{ readonly keyId: string }, null> = {
  name: 'delete-imported-key-material',
  right: 'delete',
  keyId: ({ keyId }) => keyId,
  run(task, key) {
    rules.checkMayDeleteMaterial(key.row, task.now)
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
function requestDigest({ token, wrappedMaterial, expiresAt }: ImportInput): Uint8Array {
  return createHash('sha256').update(token).update(wrappedMaterial).update(String(expiresAt)).digest()
}

/** The very request that used the token up gets its answer again, as long as what it brought is still there. */
function repeated(task: Task, row: KeyRow, token: ImportTokenRow, request: Uint8Array): Effect<null> {
  const state = keyState(row, task.now)
  const stands = state === 'enabled' || state === 'disabled'
  if (!stands || token.consumedBy === null || Buffer.compare(token.consumedBy, request) !== 0) throw invalidToken()
  return { result: null, detail: 'repeated' }
}

function unwrap(key: LoadedKey, token: ImportTokenRow, wrapped: Uint8Array): Uint8Array | undefined {
  const sealed = token.sealedPrivateKey
  const opened = sealed && key.project.keys.sealer.open(purposes.wrappingPrivateKey, tokenBinding(key, token.id), sealed)
  if (!opened) throw new KmsError('stored-record-corrupt', 'the wrapping key of an import token does not open')
  using pkcs8 = opened
  return unwrapMaterial(importPrivateKey(pkcs8), wrapped)
}

/** One more try on this token; the last one uses it up, so that nobody can learn by trying. */
function failedAttempt(key: LoadedKey, token: ImportTokenRow, notAfter: number): Effect<null> {
  const failedAttempts = token.failedAttempts + 1
  const spent = failedAttempts >= rules.importTokenAttempts
  const write = spent
    ? deleteRow('importTokens', token)
    : updateRow(key.project.keys.rowMac, 'importTokens', token, { failedAttempts })
  const refusal = new KmsError(
    'material-unwrap-failed',
    'the wrapped material does not open with the wrapping key of this import token (RSAES-OAEP, SHA-256 for hash and MGF1)',
  )
  return { result: null, refusal, writes: [write], erases: spent, notAfter }
}

/** @returns a weakness that is let pass because the setting says so. @throws the refusal. */
function checkMaterial(task: Task, { row, spec, project }: LoadedKey, material: Uint8Array): string | undefined {
  if (material.length !== spec.materialBytes) {
    throw new KmsError(
      'material-length-wrong',
      `material of ${spec.name} is ${spec.materialBytes} bytes; this is ${material.length}`,
    )
  }
  if (row.association !== null) {
    if (associationMatches(row.association, association(project.keys.association, row.id, row.spec, material))) return undefined
    throw new KmsError('material-mismatch', `key ${row.id} belongs to the material it was first given; this is other material`)
  }
  const weak = weakness(material)
  if (weak !== undefined && task.settings.materialChecks === 'refuse') {
    throw new KmsError('material-weak', `this material cannot be a key: ${weak}`)
  }
  return weak && `weak material accepted: ${weak}`
}

/** Material, association and use of the token in one transaction; the wrapping key is gone with it. */
function storeMaterial(
  task: Task,
  key: LoadedKey,
  token: ImportTokenRow,
  { material, expiresAt, request }: ImportInput & { material: Uint8Array; request: Uint8Array },
): Pick<Effect<null>, 'writes' | 'erases' | 'materialVersion'> {
  const { row, project } = key
  const { rowMac } = project.keys
  const fresh = sealedVersion(task, project, row, material)
  // Expired material whose erasure is still to come is overwritten.
  const expired = key.versions.find((one) => one.version === firstVersion)
  const version = expired === undefined ? fresh : updateRow(rowMac, 'keyVersions', expired, valuesOf(fresh))
  const updated = updateRow(rowMac, 'keys', row, {
    materialVersion: firstVersion,
    materialExpiresAt: expiresAt,
    versionsDigest: versionsDigest([version.row as KeyVersionRow]),
    association: row.association ?? association(project.keys.association, row.id, row.spec, material),
    checkValue: row.checkValue ?? checkValue(row.id, row.spec, material),
    importedAt: task.now,
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
