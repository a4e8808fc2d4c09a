/** Runs steps of the schema on a connection to SQLite. */
import { type Conversion, type MigrationTools, rowsConvertedAtOnce } from '../queries.ts'
import {
  beginning,
  conversionProgress,
  dropPlaces,
  type OnProgress,
  type Place,
  placeOf,
  placeQuery,
  placeTexts,
  type Step,
  sectionsOf,
  statementsOf,
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
      for (const text of statementsOf([section])) db.exec(text)
      if (i + 1 < sections.length) return keepPlace(db, run.number, { section: i + 1, after: null })
      db.exec(`${dropPlaces}; PRAGMA user_version=${run.number}`)
    })
  }
}

function convert(
  db: Connection,
  { read, before, position, convert: converted, write: into }: Conversion,
  { number, onProgress, section, after }: Run & Place,
): void {
  let at = after ?? before
  const say = conversionProgress(number, onProgress)
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
    say(done)
  }
}

function keepPlace(db: Connection, step: number, place: Place): void {
  db.exec(placeTexts(step, place).join('; '))
}

/** Where the first step goes on that the store has not seen to its end. */
export function placeIn(db: Connection): Place | undefined {
  const [table] = db.read("SELECT name FROM sqlite_schema WHERE name = 'schema_places'")
  return table === undefined ? undefined : placeOf(db.read(placeQuery)[0])
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
