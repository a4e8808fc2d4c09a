/**
 * What somebody does to the schema, the resulting message, and whether the change acts on rows by
 * itself.
 */
export type SchemaChange = {
  readonly statements: string
  readonly says: RegExp
  readonly acts?: true
}
