/**
 * The next release, made up: level 2 brings a colour of keys, a table, an index, and a description
 * that no release before knows. One that begins with "colour " sets the colour.
 */
import { editSources } from '../edited-sources.ts'

editSources([
  ['/src/domain/levels.ts', '1\n\n/** A node says', '1 + '],
  [new URL('../../../package.json', import.meta.url).href, '0.1.0', 'next-'],
  [
    '/src/domain/tables.ts',
    `    columns: {
      id: text,
      projectId: text,
      /** Position in listings`,
    '    writtenFrom: { 4: 2 },\n',
  ],
  [
    '/src/domain/tables.ts',
    '      id: text,\n      projectId: text,\n      /** Position in listings',
    '      colour: { ...textOrNull, since: 4 },\n',
  ],
  [
    '/src/domain/tables.ts',
    'textOrNull,\n      spec: text,',
    "{ ...textOrNull, valuesFrom: { 'of level 2': 2 } } ?? ",
  ],
  [
    '/src/domain/tables.ts',
    '} as const satisfies Readonly<Record<string, Table>>',
    "  colours: { of: 'deployment', writtenFrom: { 1: 2 }, columns: { id: text, name: text } },\n",
  ],
  [
    '/src/engine/keys/lifecycle.ts',
    '  return { description }\n',
    "  if (description.startsWith('colour ')) return { description, colour: description.slice(7) }\n",
  ],
  [
    '/src/store/migrations/index.ts',
    ']\n',
    `  addition((db) => [
    table(db, 'colours', { id: 'text', name: 'text' }),
    db.schema.alterTable('keys').addColumn('colour', 'text'),
    db.schema.createIndex('keys_colour').on('keys').columns(['colour', 'id']),
  ]),
`,
  ],
  [
    '/src/store/migrations/index.ts',
    'import { firstTables }',
    "import { table } from './table.ts'\n",
  ],
])
