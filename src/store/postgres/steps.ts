/**
 * Runs a step of the schema. Nothing in it has a limit of time except its waits for locks, because
 * every call waits behind a statement that waits for a lock.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../ports/database-url.ts'
import { type Conversion, type MigrationTools, rowsConvertedAtOnce } from '../queries.ts'
import {
  beginning,
  conversionProgress,
  dropPlaces,
  type OnProgress,
  type Place,
  placeTexts,
  type Step,
  sectionsOf,
  statementsOf,
} from '../steps.ts'
import { stateOf } from './errors.ts'
import type { Answer } from './flight.ts'
import { buildIndex } from './index-build.ts'
import { inItsTypes } from './schema.ts'
import type { Session } from './session.ts'
import { askEveryMs, type OnStartWaiting, sayEveryMs } from './start-lock.ts'
import { begin, builder, commit, rollback, type Statement, statementOf } from './statements.ts'

const lockNotAvailable = '55P03'
/**
 * A step that waits for a lock makes every call wait behind it, so it waits briefly and is repeated
 * until the other one, such as a backup, has ended.
 */
const lockMs = 1000

export type StepRun = {
  readonly step: Step
  readonly number: number
  readonly database: Database
  readonly tools: MigrationTools
  readonly onWaiting: OnStartWaiting
  readonly onProgress?: OnProgress
}

/** Runs a step from a place on, repeatedly while something else holds a lock that it needs. */
export async function runStep(session: Session, run: StepRun, place = beginning): Promise<void> {
  const sections = sectionsOf(run.step, builder, run.tools)
  for (const [i, section] of sections.entries()) {
    if (i < place.section) continue
    const isLast = i + 1 === sections.length
    // Ends the section, and with the last one the step.
    const ends = isLast
      ? [dropPlaces, `INSERT INTO schema_steps (step) VALUES (${run.number})`]
      : placeTexts(run.number, { section: i + 1, after: null })
    const after = i === place.section ? place.after : null
    // Other nodes see the index while it is made: they have to find the step under way.
    if (section.kind === 'index' && i === 0)
      await transaction(session, run, placeTexts(run.number, beginning).map(asStatement))
    if (section.kind === 'index') await buildIndex(session, run, section.text)
    if (section.kind === 'conversion')
      await convert(session, run, section.conversion, { section: i, after })
    const own = section.kind === 'index' ? [] : statementsOf([section])
    await transaction(session, run, [...own.map(inItsTypes), ...ends].map(asStatement))
  }
}

function asStatement(text: string): Statement {
  return { text }
}

/** @returns the answers to its statements, which are repeated while something holds a lock. */
async function transaction(
  session: Session,
  { number, onWaiting }: StepRun,
  statements: readonly Statement[],
): Promise<Answer[]> {
  for (let tries = 0; ; tries++) {
    try {
      const answers: Answer[] = []
      await session.flight([begin('READ COMMITTED', { statement: 0, lock: lockMs, idle: 0 })])
      for (const statement of statements) answers.push(...(await session.flight([statement])))
      await session.flight([commit])
      return answers
    } catch (error) {
      if (stateOf((error as Error).cause) !== lockNotAvailable) throw error
    }
    await session.flight([rollback])
    if ((tries * lockMs) % sayEveryMs === 0)
      onWaiting(`step ${number} of the schema needs a lock that another session holds`)
    await sleep(askEveryMs)
  }
}

async function convert(
  session: Session,
  run: StepRun,
  { read, before, position, convert: converted, write }: Conversion,
  place: Place,
): Promise<void> {
  let after = place.after ?? before
  const say = conversionProgress(run.number, run.onProgress)
  for (let done = 0; ; ) {
    const page = statementOf(read, after, rowsConvertedAtOnce)
    const [answer] = await transaction(session, run, [page])
    const rows = (answer?.rows ?? []).map((row) => [...row])
    const last = rows.at(-1)
    if (last === undefined) return
    after = position(last)
    done += rows.length
    await transaction(session, run, [
      ...converted(rows).map((values) => statementOf(write, ...values)),
      ...placeTexts(run.number, { ...place, after }).map(asStatement),
    ])
    say(done)
  }
}
