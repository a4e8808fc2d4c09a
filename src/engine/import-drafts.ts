/** Imports that were begun and not finished: how far, by whom, and what was chosen. Never anything secret. */
import { verifyRow } from '../crypto/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../crypto/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import { keyState } from '../domain/key-state.ts'
import type { ImportDraftRow, KeyRow } from '../domain/rows.ts'
import { checkExternal, checkNotPendingDeletion } from '../domain/rules.ts'
import type { KeyCommand, ProjectCommand, Task } from './command.ts'
import { type KeyView, view } from './lifecycle.ts'

/** Longest choices, in bytes of JSON. */
const choicesBytes = 4096
const draftsListed = 1000
/** Drafts and tokens of a project that are looked at for one listing. */
const rowsRead = 10_000

export type SaveDraftInput = {
  readonly keyId: string
  /** Name of the step that was reached. */
  readonly step: string
  /** JSON text of what was chosen so far. */
  readonly choices: string
}

export const saveImportDraft: KeyCommand<SaveDraftInput, null> = {
  name: 'save-import-draft',
  right: 'import',
  keyId: ({ keyId }) => keyId,
  async run(task, { row, project }, { step, choices }) {
    checkExternal(row)
    checkNotPendingDeletion(row)
    if (Buffer.byteLength(choices) > choicesBytes)
      throw new KmsError('parameter-invalid', `choices are at most ${choicesBytes} bytes`)
    const { rowMac } = project.keys
    const standing = await task.reader.row('importDrafts', row.id)
    const values = { userId: task.call.caller.principal, step, choices, updatedAt: task.now }
    const draft =
      standing === undefined
        ? insertRow(rowMac, 'importDrafts', { id: row.id, projectId: row.projectId, ...values })
        : updateRow(rowMac, 'importDrafts', standing, values)
    return { result: null, writes: [draft] }
  },
}

/** Forgets a draft; the key stays as it is. */
export const discardImportDraft: KeyCommand<{ readonly keyId: string }, null> = {
  name: 'discard-import-draft',
  right: 'import',
  keyId: ({ keyId }) => keyId,
  async run(task, { row }) {
    const standing = await task.reader.row('importDrafts', row.id)
    return { result: null, writes: standing === undefined ? [] : [deleteRow('importDrafts', standing)] }
  },
}

export type UnfinishedImport = {
  readonly view: KeyView
  /** Null where parameters were asked for over an API and nothing else is known. */
  readonly draft: Pick<ImportDraftRow, 'userId' | 'step' | 'choices' | 'updatedAt'> | null
  /** End of the token that ends last, null when none is open. */
  readonly tokenUntil: number | null
}

/** Keys of the project for which an import was begun, the latest first. */
export const listUnfinishedImports: ProjectCommand<Record<never, never>, readonly UnfinishedImport[]> = {
  name: 'list-unfinished-imports',
  right: 'read',
  async run(task) {
    const { project } = task.call.caller
    const drafts = await task.reader.rowsWhere('importDrafts', 'projectId', project.row.id, rowsRead)
    const tokens = await task.reader.rowsWhere('importTokens', 'projectId', project.row.id, rowsRead)
    const until = new Map<string, number>()
    for (const { keyId, expiresAt, sealedPrivateKey, purpose } of tokens) {
      if (purpose !== null || sealedPrivateKey === null || expiresAt <= task.now) continue
      until.set(keyId, Math.max(expiresAt, until.get(keyId) ?? 0))
    }
    const byKey = new Map(drafts.map((draft) => [draft.id, draft]))
    const found: UnfinishedImport[] = []
    for (const id of new Set([...byKey.keys(), ...until.keys()])) {
      const key = await keyOf(task, id)
      const draft = byKey.get(id)
      // A token alone says something only while material is missing.
      if (key === undefined || (draft === undefined && keyState(key, task.now) !== 'pending-import')) continue
      if (draft !== undefined) verifyRow(project.keys.rowMac, 'importDrafts', draft)
      found.push({ view: view(task, key), draft: draft ?? null, tokenUntil: until.get(id) ?? null })
    }
    const begun = ({ draft, view: { key } }: UnfinishedImport): number => draft?.updatedAt ?? key.createdAt
    return { result: found.toSorted((a, b) => begun(b) - begun(a)).slice(0, draftsListed) }
  },
}

async function keyOf({ reader, call }: Task, id: string): Promise<KeyRow | undefined> {
  const key = await reader.row('keys', id)
  if (key === undefined || key.deletedAt !== null) return undefined
  verifyRow(call.caller.project.keys.rowMac, 'keys', key)
  return key
}
