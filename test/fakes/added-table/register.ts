/**
 * A table and three commands that this release does not have, as somebody would add them: loaded
 * before a server, this replaces parts of the three files that declare them, as a change to those
 * files would. Nothing else knows of them.
 */
import { editSources } from '../edited-sources.ts'

editSources([
  [
    '/src/domain/tables.ts',
    '} as const satisfies Readonly<Record<string, Table>>',
    `  /** What is noted about a key, sealed. */
  notes: {
    of: 'project',
    partOfKeyBy: 'keyId',
    columns: { id: text, keyId: text, projectId: text, sealedNote: sealed },
  },
`,
  ],
  [
    '/src/domain/commands.ts',
    "  encrypt: 'use',",
    `  'stamp-note': 'use',
  'read-note': 'read',
  'write-note': 'change',
`,
  ],
  [
    '/src/store/migrations/index.ts',
    ']\n',
    `  alone((db) => [
    table(db, 'notes', { id: 'text', keyId: 'text', projectId: 'text', sealedNote: 'blob' }),
    db.schema.createIndex('notes_key').on('notes').column('keyId'),
  ]),
`,
  ],
  [
    '/src/store/migrations/index.ts',
    'import { firstTables }',
    "import { table } from './table.ts'\n",
  ],
])
