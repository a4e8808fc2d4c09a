/** Numbered steps of the schema, forward only. A step that was released is never edited: the next one changes what it left. */
import type { Compilable } from 'kysely'
import type { Builder } from '../queries.ts'
import { firstTables } from './0001-first-tables.ts'

/** Statements of one step, in order; a backend runs a step and its number in one transaction. */
export type Migration = (db: Builder) => readonly Compilable[]

export const migrations: readonly Migration[] = [firstTables]
