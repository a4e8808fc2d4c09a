/**
 * What the main thread does periodically by itself: due work, and checks of the clock, the schema
 * and stored rows.
 */
import type { Config } from '../config.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { beatEveryMs } from '../domain/levels.ts'
import { DueWork } from '../engine/service/due-work.ts'
import { IntegrityScan } from '../engine/service/integrity-scan.ts'
import { isUnavailable } from '../ports/store.ts'
import type { Alarms } from '../telemetry/alarms.ts'
import type { Log } from '../telemetry/log.ts'
import { fatalExitCode } from './exit-process.ts'
import type { Hooks } from './hooks.ts'
import type { Heartbeat } from './node/heartbeat.ts'
import type { Levels } from './node/levels.ts'
import type { RequestThread } from './request-thread.ts'
import type { ClockWatch } from './watches/clock-watch.ts'
import type { DatabaseWatch } from './watches/database-watch.ts'
import { ScanWatch } from './watches/scan-watch.ts'
import { SchemaWatch } from './watches/schema-watch.ts'

const dueWorkEveryMs = 1000
/**
 * One step of the scan per second covers a few thousand rows a minute, and a million within a day.
 */
const scanStepEveryMs = 1000
/** A check takes a fraction of a millisecond with SQLite, a few with PostgreSQL. */
const schemaLookEveryMs = 5000
const clockWatchEveryMs = 1000
const databaseLookEveryMs = 1000

const nothingMore = (): number => 0

type Parts = {
  readonly main: RequestThread
  readonly config: Config
  readonly hooks: Hooks
  readonly keyring: Keyring
  readonly alarms: Alarms
  readonly log: Log
  readonly clockWatch: ClockWatch
  readonly heartbeat: Heartbeat
  readonly levels: Levels
  /** Absent for a store on this machine. */
  readonly databaseWatch: DatabaseWatch | undefined
}

/** @returns a function that ends all of it, after the rounds in progress. */
export function startBackground({
  main,
  config,
  hooks,
  keyring,
  alarms,
  log,
  clockWatch,
  heartbeat,
  levels,
  databaseWatch,
}: Parts): () => Promise<void> {
  const { reader, projects } = main
  const dueWork = dueWorkOf(main, config, hooks, log)
  const scan = new IntegrityScan({
    reader,
    projects,
    rowMac: keyring.rowMac,
    onDamaged: (damaged) => log.event('row-damaged', damaged),
  })
  const scanWatch = new ScanWatch(scan, log, hooks.clock)
  const schema = new SchemaWatch({
    reader,
    alarms,
    log,
    onActing: () => process.exit(fatalExitCode),
  })
  const tasks: (readonly [name: string, round: () => Promise<number>, everyMs: number])[] = [
    ['due work', () => dueWork.run(), dueWorkEveryMs],
    ['integrity scan', () => scanWatch.step().then(nothingMore), scanStepEveryMs],
    ['schema watch', () => schema.look().then(nothingMore), schemaLookEveryMs],
    ['clock', () => clockWatch.observe().then(nothingMore), clockWatchEveryMs],
    [
      'heartbeat',
      () =>
        heartbeat
          .beat()
          .then(() => levels.look())
          .then(nothingMore),
      beatEveryMs,
    ],
  ]
  if (databaseWatch !== undefined)
    tasks.push(['database', () => databaseWatch.look().then(nothingMore), databaseLookEveryMs])
  const ends = tasks.map(([name, round, everyMs]) => {
    const named = (): Promise<number> => {
      main.pulse.begin(name)
      return round()
    }
    return repeat(named, everyMs, (error) => {
      // The log says by itself that the store is not available, once.
      if (!isUnavailable(error)) log.event('background-work-failed', { work: name, error })
    })
  })
  return async () => {
    await Promise.all(ends.map((end) => end()))
    databaseWatch?.close()
  }
}

/** Erases and deletes what is due. */
function dueWorkOf(
  { engine, reader, projects }: RequestThread,
  config: Config,
  { clock, random }: Hooks,
  log: Log,
): DueWork {
  const { missedDeletionWaitMs } = config
  return new DueWork({
    engine,
    reader,
    projects,
    clock,
    random,
    missedDeletionWaitMs,
    onDamaged: (damaged) => log.event('due-work-blocked', damaged),
  })
}

/**
 * Runs a round now and periodically, and again at once while a round reports that there is more.
 * @returns a function that ends it, after the round in progress.
 */
function repeat(
  round: () => Promise<number>,
  everyMs: number,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<void> | undefined
  let ended = false
  const rounds = async (): Promise<void> => {
    try {
      while ((await round()) > 0 && !ended);
    } catch (error) {
      onFailure(error)
    }
    running = undefined
  }
  const tick = (): void => {
    running ??= rounds()
  }
  tick()
  const timer = setInterval(tick, everyMs)
  return async () => {
    ended = true
    clearInterval(timer)
    await running
  }
}
