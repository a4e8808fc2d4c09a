/** Runs steps of the schema on a connection to SQLite. */
import { type Conversion, type MigrationTools, rowsConvertedAtOnce } from '../queries.ts'
import {
  beginning,
  type OnProgress,
  type Place,
  placesTable,
  type Section,
  type Step,
  sayProgressEveryMs,
  sectionsOf,
} from '../steps.ts'
import { all, builder, type Connection, write } from './connection.ts'

export type StepsToRun = {
  readonly steps: readonly Step[]
  /** Number of those that the store has seen. */
  readonly done: number
  /** Where the next one goes on. */
  readonly place?: Place
  readonly tools: MigrationTools
  readonly onProgress?: OnProgress
}

/** Runs the steps that the store has not seen. */
export function runSteps(db: Connection, { steps, done, place, ...parts }: StepsToRun): void {
  for (const [i, step] of steps.entries())
    if (i >= done) runStep(db, { step, number: i + 1, ...parts }, i === done ? place : undefined)
}

type Run = Pick<StepsToRun, 'tools' | 'onProgress'> & {
  readonly step: Step
  readonly number: number
}

function runStep(db: Connection, run: Run, place = beginning): void {
  const sections = sectionsOf(run.step, builder, run.tools)
  for (const [i, section] of sections.entries()) {
    if (i < place.section) continue
    const after = i === place.section ? place.after : null
    if (section.kind === 'conversion')
      convert(db, section.conversion, { ...run, section: i, after })
    inTransaction(db, () => {
      for (const text of textsOf(section)) db.exec(text)
      if (i + 1 < sections.length) return keepPlace(db, run.number, { section: i + 1, after: null })
      db.exec(`DROP TABLE IF EXISTS schema_places; PRAGMA user_version=${run.number}`)
    })
  }
}

function textsOf(section: Section): readonly string[] {
  if (section.kind === 'conversion') return []
  return section.kind === 'index' ? [section.text] : section.texts
}

function convert(
  db: Connection,
  { read, before, position, convert: converted, write: into }: Conversion,
  { number, onProgress, section, after }: Run & Place,
): void {
  let at = after ?? before
  let saidAt = performance.now()
  for (let done = 0; ; ) {
    const rows = all(db.prepare(read.compile()), at, rowsConvertedAtOnce)
    const last = rows.at(-1)
    if (last === undefined) return
    at = position(last)
    done += rows.length
    inTransaction(db, () => {
      for (const values of converted(rows)) write(db.prepare(into.compile()), ...values)
      keepPlace(db, number, { section, after: at })
    })
    if (performance.now() - saidAt < sayProgressEveryMs) continue
    saidAt = performance.now()
    onProgress?.({ step: number, what: 'conversion', done, unit: 'rows' })
  }
}

function keepPlace(db: Connection, step: number, { section, after }: Place): void {
  db.exec(
    `${placesTable.replace('TABLE', 'TABLE IF NOT EXISTS')}; DELETE FROM schema_places; ` +
      `INSERT INTO schema_places (step, section, after) VALUES (${step}, ${section}, ${after})`,
  )
}

/** Where the first step goes on that the store has not seen to its end. */
export function placeIn(db: Connection): Place | undefined {
  const [table] = db.read("SELECT name FROM sqlite_schema WHERE name = 'schema_places'")
  if (table === undefined) return undefined
  const [found] = db.read('SELECT section, after FROM schema_places')
  if (found === undefined) return undefined
  const [section, after] = found
  return { section: Number(section), after: after === null ? null : Number(after) }
}

function inTransaction(db: Connection, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
