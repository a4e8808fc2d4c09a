/**
 * Steps of the schema: what other nodes do at that time, and the sections in which a backend runs
 * them. Each section is a transaction of its own, or many, and the place where a step is comes with
 * it: a start that was interrupted goes on from there.
 */
import type { Compilable } from 'kysely'
import type { Builder, Conversion, Migration, MigrationTools } from './queries.ts'
import type { Value } from './reads/read.ts'

/**
 * A step, with what becomes of nodes of earlier releases that run while it does and afterwards:
 * they go on after one that only adds nullable columns, tables and indexes, and must be stopped
 * before any other, because what is missing is a change of somebody else to them.
 */
export type Step = {
  readonly make: Migration
  readonly others: 'go on' | 'stop'
}

/** Only adds: a release before works on as if nothing had happened. */
export function addition(make: Migration): Step {
  return { make, others: 'go on' }
}

/** Changes what a release before uses. */
export function alone(make: Migration): Step {
  return { make, others: 'stop' }
}

/** Statements of one transaction, a conversion, or an index that is made while others write. */
export type Section =
  | { readonly kind: 'statements'; readonly texts: readonly string[] }
  | { readonly kind: 'conversion'; readonly conversion: Conversion }
  | { readonly kind: 'index'; readonly text: string }

/** Where a step goes on: the number of the section, and the last position that was converted. */
export type Place = { readonly section: number; readonly after: number | null }

export const beginning: Place = { section: 0, after: null }

/** The table with the place of a step that is under way; it exists only then. */
export const placesTable =
  'CREATE TABLE schema_places (step bigint PRIMARY KEY, section bigint NOT NULL, after bigint)'

/** Keeps the place of a step that is under way. */
export function placeTexts(step: number, { section, after }: Place): string[] {
  return [
    placesTable.replace('TABLE', 'TABLE IF NOT EXISTS'),
    'DELETE FROM schema_places',
    `INSERT INTO schema_places (step, section, after) VALUES (${step}, ${section}, ${after})`,
  ]
}

/** Ends that, with the step. */
export const dropPlaces = 'DROP TABLE IF EXISTS schema_places'

/** Reads the place, if the table exists. */
export const placeQuery = 'SELECT section, after FROM schema_places'

/** @param row of `placeQuery`. */
export function placeOf(row: readonly Value[] | undefined): Place | undefined {
  if (row === undefined) return undefined
  const [section, after] = row
  return { section: Number(section), after: after === null ? null : Number(after) }
}

/** Called every few seconds while a step runs. */
export type OnProgress = (progress: {
  readonly step: number
  readonly what: string
  readonly done: number
  readonly unit: 'rows' | 'percent'
}) => void

export const sayProgressEveryMs = 5000

/** @returns a function to be called with the number of rows that a conversion has come to. */
export function conversionProgress(
  step: number,
  onProgress: OnProgress = () => {},
): (done: number) => void {
  let saidAt = performance.now()
  return (done) => {
    if (performance.now() - saidAt < sayProgressEveryMs) return
    saidAt = performance.now()
    onProgress({ step, what: 'conversion', done, unit: 'rows' })
  }
}

/** The sections of a step, in order. */
export function sectionsOf({ make, others }: Step, db: Builder, tools: MigrationTools): Section[] {
  const sections: Section[] = []
  for (const part of make(db, tools)) {
    const last = sections.at(-1)
    if ('convert' in part) sections.push({ kind: 'conversion', conversion: part })
    else if (others !== 'stop' && isIndex(part))
      sections.push({ kind: 'index', text: part.compile().sql })
    else if (last?.kind === 'statements')
      sections.splice(-1, 1, { ...last, texts: [...last.texts, part.compile().sql] })
    else sections.push({ kind: 'statements', texts: [part.compile().sql] })
  }
  return sections.length === 0 ? [{ kind: 'statements', texts: [] }] : sections
}

/** The statements of some sections, without their conversions. */
export function statementsOf(sections: readonly Section[]): string[] {
  return sections.flatMap((section) => {
    if (section.kind === 'conversion') return []
    return section.kind === 'index' ? [section.text] : section.texts
  })
}

/** In an empty database there are no rows to convert. */
export const noRecords: MigrationTools = { auditLeaf: noneToConvert, leafGroup: noneToConvert }

function noneToConvert(): never {
  throw new TypeError('an empty database contains no records')
}

function isIndex(part: Compilable): boolean {
  return /^create (unique )?index /i.test(part.compile().sql)
}
