/**
 * Commands about notes on keys, and a dialect that has them: notes are in a table that only
 * test/fakes/added-table/register.ts declares.
 */
import Type from 'typebox'
import type { Dialect } from '../../../src/api/dialect.ts'
import { statedFields } from '../../../src/api/fields.ts'
import { type AnyOperation, operation } from '../../../src/api/operation.ts'
import { verifyRow } from '../../../src/crypto/formats/row-mac.ts'
import { insertRow } from '../../../src/crypto/formats/row-writes.ts'
import type { Right } from '../../../src/domain/access/roles.ts'
import type { CommandName } from '../../../src/domain/commands.ts'
import { KmsError } from '../../../src/domain/errors.ts'
import type { Row } from '../../../src/domain/rows.ts'
import type { ProjectTable } from '../../../src/domain/tables.ts'
import type { Effect, KeyCommand, Task } from '../../../src/engine/command.ts'
import type { LoadedKey } from '../../../src/engine/keys/loaded-key.ts'
import { type HookData, hooks as ofTests } from '../hooks.ts'

type NoteRow = {
  readonly id: string
  readonly keyId: string
  readonly projectId: string
  readonly sealedNote: Uint8Array
}
type Input = { readonly key: string; readonly note: string }

/**
 * The types of this release do not know the table: its rows pass as those of a table that they
 * know.
 */
const notes = 'notes' as ProjectTable as 'keyTags'

function command<R>(
  name: string,
  right: Right,
  run: (task: Task, key: LoadedKey, input: Input) => Promise<Effect<R>>,
): KeyCommand<Input, R> {
  return { name: name as CommandName, right, key: ({ key }) => key, run }
}

const writeNote = command('write-note', 'manage', async (_, { row, project }, { note }) => {
  const values: NoteRow = {
    id: `${row.id}/note`,
    keyId: row.id,
    projectId: row.projectId,
    sealedNote: Buffer.from(note, 'hex'),
  }
  return {
    result: null,
    writes: [insertRow(project.keys.rowMac, notes, values as unknown as Row<'keyTags'>)],
  }
})

async function noteOf(task: Task, { row, project }: LoadedKey): Promise<string | null> {
  const found = await task.reader.row(notes, `${row.id}/note`)
  if (found === undefined) return null
  verifyRow(project.keys.rowMac, notes, found)
  return (found as unknown as NoteRow).sealedNote.toHex()
}

const readNote = command('read-note', 'read', async (task, key) => ({
  result: await noteOf(task, key),
}))
const stampNote = command('stamp-note', 'use', async (task, key) => ({
  result: await noteOf(task, key),
}))

const fields = Type.Object({ key: Type.String(), note: Type.Optional(Type.String()) })

function called(one: KeyCommand<Input, string | null>): AnyOperation {
  return operation({
    fields,
    command: one,
    read: ({ key, note = '' }) => ({ key, note }),
    write: (note) => ({ note }),
  })
}

const operations: Readonly<Record<string, AnyOperation>> = {
  Write: called(writeNote),
  Read: called(readNote),
  Stamp: called(stampNote),
}

const noting: Dialect = {
  name: 'noting',
  mediaType: 'application/json',
  requestIdHeader: 'X-Request-Id',
  schemes: ['sdkHmac'],
  recognizes: ({ headers }) => headers['x-note-do'] !== undefined,
  routing: {
    check: () => undefined,
    find({ headers }) {
      const found = operations[headers.get('x-note-do') ?? '']
      if (found === undefined)
        throw new KmsError('operation-unknown', 'there is no such operation on notes')
      return { operation: found, named: {} }
    },
    fields: (request) => statedFields(request, false),
  },
  fieldRefusals: {},
  refusal(error) {
    const code = error instanceof KmsError ? error.code : 'internal-error'
    return { status: 422, headers: [], body: JSON.stringify({ code }) }
  },
}

export const hooksModule = import.meta.url
export const hooks = (data: HookData) => ({
  ...ofTests(data),
  dialects: (ours: readonly Dialect[]) => [noting, ...ours],
})
