/**
 * What somebody does to the schema, the resulting message, and whether the change acts on rows by
 * itself.
 */
export type SchemaChange = {
  readonly statements: string
  readonly says: RegExp
  readonly acts?: true
}

/** What both stores find, and say in the same words. */
export const onBothStores: Readonly<Record<string, SchemaChange>> = {
  'an index': {
    statements: 'CREATE UNIQUE INDEX i ON keys (spec)',
    says: /the index "i on keys" was not made by Holdfast/,
  },
  'an index that is gone': {
    statements: 'DROP INDEX users_name',
    says: /the index "users_name on users" is missing/,
  },
  'an index that is no longer unique': {
    statements: 'DROP INDEX users_name; CREATE INDEX users_name ON users (project_id, name)',
    says: /the index "users_name on users" is not as Holdfast made it/,
  },
}
