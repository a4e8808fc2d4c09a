/** Material made elsewhere: its import, deletion and expiry. */
import { createHash } from 'node:crypto'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import { isAsymmetric } from '../../domain/keys/key-specs.ts'
import { keyState } from '../../domain/keys/key-state.ts'
import { materialFault } from '../../domain/material/material-checks.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { ImportTokenRow, KeyRow } from '../../domain/rows.ts'
import * as rules from '../../domain/rules.ts'
import type { Done, KeyCommand, KeyReference, ProjectCommand, Task } from '../command.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { eraseMaterial, renewExpiry, storeMaterial } from './material-writes.ts'
import * as wrapped from './wrapped-material.ts'

export const getImportParameters = wrapped.parametersCommand(
  'get-import-parameters',
  null,
  (task, { row }) => rules.checkMayImport(row, task.now),
)

export const getImportOrRenewalParameters = wrapped.parametersCommand(
  'get-import-parameters',
  null,
  (task, { row, spec }) => rules.checkMayImportOrRenew(row, spec, task.now),
)

export type ImportInput = wrapped.WrappedInput & {
  /** Milliseconds since 1970, or null for material that does not expire. */
  readonly expiresAt: number | null
}

/** Into a key that holds no material. */
export const importKeyMaterial = importCommand(({ row }, now) => rules.checkMayImport(row, now))

/** The same, except that importing the material that a key already holds renews its expiry. */
export const importOrRenewKeyMaterial = importCommand(({ row, spec }, now) =>
  rules.checkMayImportOrRenew(row, spec, now),
)

function importCommand(
  checkMayImport: (key: LoadedKey, now: number) => void,
): KeyCommand<ImportInput, null> {
  return {
    name: 'import-key-material',
    right: 'import',
    key: ({ key }) => key,
    async run(task, key, input) {
      const { row } = key
      rules.checkExternal(row)
      const token = await wrapped.tokenRow(task, key, input.token, null)
      const request = requestDigest(input)
      if (token.consumedBy !== null) return repeated(task, row, token, request)
      checkMayImport(key, task.now)
      wrapped.checkForm(key, token, input)
      wrapped.checkTokenTime(token, task.now)
      rules.checkExpiry(key.spec, input.expiresAt, task.now)
      const notAfter = Math.min(token.expiresAt, input.expiresAt ?? token.expiresAt)
      const incoming = await wrapped.unwrap(task, key, token, input, notAfter)
      if ('refusal' in incoming) return incoming
      using _material = Wiped.of(incoming.material)
      const detail = await admit(task, key, incoming)
      const admitted = { ...incoming, expiresAt: input.expiresAt, request }
      if (keyState(row, task.now) !== 'pending-import')
        return { ...(await renewExpiry(task, key, token, admitted)), notAfter }
      const stored = await storeMaterial(task, key, token, admitted)
      return { result: null, ...stored, notAfter, ...(detail !== undefined && { detail }) }
    },
  }
}

export const deleteImportedKeyMaterial: KeyCommand<{ readonly key: KeyReference }, null> = {
  name: 'delete-imported-key-material',
  right: 'delete',
  key: ({ key }) => key,
  run(task, key) {
    rules.checkMayDeleteMaterial(key.row, key.spec, task.now)
    return eraseMaterial(task, key, task.now + 1)
  },
}

/** Erases material once its expiry has passed; everything else of the key stays. */
export const expireKeyMaterial: KeyCommand<{ readonly key: KeyReference }, null> = {
  name: 'expire-key-material',
  right: 'delete',
  key: ({ key }) => key,
  run(task, key) {
    const { materialExpiresAt, id } = key.row
    if (materialExpiresAt === null || task.now < materialExpiresAt)
      throw new KmsError('material-not-present', `the material of key ${id} is not due to expire`)
    // Tokens issued since then are kept: their holder is about to import the material again.
    return eraseMaterial(task, key, materialExpiresAt)
  },
}

/**
 * Ends a token whose time is over, used up or not, with everything it still holds. The expiry is in
 * the token's own row, so it ends even if the row of its key is damaged.
 */
export const endImportToken: ProjectCommand<{ readonly tokenId: string }, null> = {
  name: 'end-import-token',
  right: 'delete',
  async run({ reader, call, now }, { tokenId }) {
    const token = await reader.row('importTokens', tokenId)
    if (token === undefined || now < token.expiresAt)
      throw new KmsError('import-token-invalid', 'the import token is not due to end')
    verifyRow(call.caller.project.keys.rowMac, 'importTokens', token)
    const erases = token.sealedPrivateKey !== null
    return { result: null, keyId: token.keyId, writes: [deleteRow('importTokens', token)], erases }
  },
}

/**
 * Identifies one request, so that a client that lost the answer and retries gets the same answer.
 */
function requestDigest({
  token,
  wrappedMaterial,
  wrappedPrivateKey,
  expiresAt,
}: ImportInput): Uint8Array {
  const parts = [
    token,
    wrappedMaterial,
    wrappedPrivateKey ?? new Uint8Array(),
    Buffer.from(String(expiresAt)),
  ]
  const digest = createHash('sha256')
  for (const part of parts) digest.update(`${part.length}:`).update(part)
  return digest.digest()
}

/**
 * The same request that used up the token gets its answer again, as long as what it imported is
 * still there.
 */
function repeated(task: Task, row: KeyRow, token: ImportTokenRow, request: Uint8Array): Done<null> {
  const state = keyState(row, task.now)
  const holdsMaterial = state === 'enabled' || state === 'disabled'
  if (
    !holdsMaterial ||
    token.consumedBy === null ||
    Buffer.compare(token.consumedBy, request) !== 0
  )
    throw wrapped.invalidToken('was already used')
  return { result: null, detail: 'repeated' }
}

/**
 * Checks whether this key takes this material: the association is checked first.
 * @returns a weakness that is accepted because the setting says so.
 * @throws KmsError material-mismatch, private-key-held, material-weak.
 */
async function admit(
  task: Task,
  key: LoadedKey,
  incoming: wrapped.Incoming,
): Promise<string | undefined> {
  const { row, spec } = key
  const own = wrapped.isOwnMaterial(key, incoming)
  if (own === false)
    throw new KmsError(
      'material-mismatch',
      `key ${row.id} is bound to the material it was first given; this material is different`,
    )
  if (isAsymmetric(spec)) {
    const holder = await task.reader.keyOfAssociation(incoming.association)
    if (holder === undefined || holder === row.id) return undefined
    throw new KmsError(
      'private-key-held',
      'another key already holds this private key; a private key can belong to only one key at a time',
    )
  }
  const weak = own === true ? undefined : materialFault(incoming.material)?.reason
  if (weak !== undefined && task.settings.materialChecks === 'refuse')
    throw new KmsError('material-weak', `this material is too weak for a key: ${weak}`)
  return weak && `weak material accepted: ${weak}`
}
