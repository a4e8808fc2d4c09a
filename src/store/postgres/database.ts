/** A PostgreSQL database: how it is named, and the form of statements for it. */
import { type Compilable, PostgresAdapter, PostgresQueryCompiler } from 'kysely'
import { KmsError } from '../../domain/errors.ts'
import { parseDatabaseUrl } from '../../ports/database-url.ts'
import { type Builder, createBuilder } from '../queries.ts'
import type { Value } from '../reads/read.ts'
import type { Reached, Statement } from './session.ts'

export const builder: Builder = createBuilder({
  adapter: () => new PostgresAdapter(),
  compiler: () => new PostgresQueryCompiler(),
})

/** Address of a database, and how it is verified: a bare URL is reached without TLS. */
export type Database =
  | string
  | { readonly url: string; readonly tls: { readonly ca: string | undefined } | undefined }

/** @throws DatabaseUrlRefused. */
export function reachedBy(database: Database): Reached {
  const { url, tls } = typeof database === 'string' ? { url: database, tls: undefined } : database
  return { address: parseDatabaseUrl(url), tls }
}

/** A query with its parameters, which is sent often. */
export function statementOf(query: Compilable, ...parameters: readonly Value[]): Statement {
  return { text: query.compile().sql, parameters, named: true }
}

/**
 * A text with U+0000 is never stored (`isText` in domain/rules.ts), so a search for one, with any
 * operation, is refused.
 * @throws KmsError parameter-invalid.
 */
export function checkRepresentable(parameters: readonly Value[]): void {
  if (parameters.some((one) => typeof one === 'string' && one.includes('\0')))
    throw new KmsError(
      'parameter-invalid',
      'a search text contains U+0000, which stored text cannot contain',
    )
}
