/**
 * Unfinished imports: how far they got, who began them, and what was chosen. Never anything secret.
 */
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import type { ImportDraftRow, KeyRow } from '../../domain/rows.ts'
import { checkExternal, checkNotPendingDeletion } from '../../domain/rules.ts'
import {
  type KeyCommand,
  type KeyReference,
  type ProjectCommand,
  type Task,
  turnOf,
} from '../command.ts'
import { type KeyView, view } from '../keys/lifecycle.ts'
import { asPage, inPieces, keysOfPage } from '../pages.ts'

/** Maximum size of the choices, in bytes of JSON. */
const choicesBytes = 4096

export type SaveDraftInput = {
  readonly key: KeyReference
  /** Name of the step that was reached. */
  readonly step: string
  /** JSON text of what was chosen so far. */
  readonly choices: string
}

export const saveImportDraft: KeyCommand<SaveDraftInput, null> = {
  name: 'save-import-draft',
  right: 'import',
  key: ({ key }) => key,
  async run(task, { row, project }, { step, choices }) {
    checkExternal(row)
    checkNotPendingDeletion(row)
    if (Buffer.byteLength(choices) > choicesBytes)
      throw new KmsError('parameter-invalid', `choices must be at most ${choicesBytes} bytes`)
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
export const discardImportDraft: KeyCommand<{ readonly key: KeyReference }, null> = {
  name: 'discard-import-draft',
  right: 'import',
  key: ({ key }) => key,
  async run(task, { row }) {
    const standing = await task.reader.row('importDrafts', row.id)
    return {
      result: null,
      writes: standing === undefined ? [] : [deleteRow('importDrafts', standing)],
    }
  },
}

export type UnfinishedImport = {
  readonly view: KeyView
  /** Null if import parameters were requested over an API and nothing else is known. */
  readonly draft: Pick<ImportDraftRow, 'userId' | 'step' | 'choices' | 'updatedAt'> | null
  /** Expiry of the open token that expires last, null if none is open. */
  readonly tokenUntil: number | null
}

export type ListImportsInput = {
  /** Only that of one key, or null. */
  readonly keyId: string | null
  readonly offset: number
  readonly limit: number
}
export type ListImportsResult = {
  readonly imports: readonly UnfinishedImport[]
  readonly total: number
}

/** Keys of the project for which an import was begun, latest first. */
export const listUnfinishedImports: ProjectCommand<ListImportsInput, ListImportsResult> = {
  name: 'list-unfinished-imports',
  right: 'read',
  async run(task, input) {
    const projectId = task.call.caller.project.row.id
    const found = await task.reports.unfinishedImports(turnOf(task.call), {
      projectId,
      now: task.now,
      ...input,
    })
    const until = new Map(found.imports.map(({ keyId, tokenUntil }) => [keyId, tokenUntil]))
    const { rows, damaged } = await keysOfPage(task, [...until.keys()])
    const drafts = await draftsOf(task, rows)
    const imports = rows.map((key) => ({
      view: view(task, key),
      draft: drafts.get(key.id) ?? null,
      tokenUntil: until.get(key.id) ?? null,
    }))
    return asPage({ imports, total: found.total }, damaged)
  },
}

/** Verified. */
async function draftsOf(
  { reader, call }: Task,
  keys: readonly KeyRow[],
): Promise<ReadonlyMap<string, ImportDraftRow>> {
  const { rowMac } = call.caller.project.keys
  const drafts = await inPieces(
    keys.map(({ id }) => id),
    async (piece) => {
      const rows = await reader.rows('importDrafts', piece)
      for (const row of rows) verifyRow(rowMac, 'importDrafts', row)
      return rows
    },
  )
  return new Map(drafts.map((draft) => [draft.id, draft]))
}
