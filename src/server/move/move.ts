/**
 * Moves a deployment from the file of a stopped server to a PostgreSQL database. The file is
 * checked as a whole, copied, and checked again where it is now. Only then does its name go, and
 * the row of the deployment comes into the database, with a record of the move: until then no
 * server starts on the database, and from then on none starts on the file. If it is interrupted at
 * any place, running it again finishes it or begins from the start.
 */
import { NodeLog } from '../../audit/log.ts'
import { type Config, ConfigError } from '../../config.ts'
import { Keyring } from '../../crypto/keyring.ts'
import { KmsError } from '../../domain/errors.ts'
import type { DeploymentRow } from '../../domain/rows.ts'
import { ownSubmission, serviceEntry } from '../../ports/journal.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { DatabaseClock } from '../../runtime/database-clock.ts'
import { TimeKeeper } from '../../runtime/time-keeper.ts'
import { Writer } from '../../runtime/writer.ts'
import { DataFolder, FolderInUse } from '../../store/folder.ts'
import { checkFolder } from '../commands/operator.ts'
import { databaseOf, openKnown, readDeployment, rootOf } from '../deployment.ts'
import { insertSigned } from '../first-start.ts'
import { type HookSource, type Hooks, loadHooks } from '../hooks.ts'
import { nodeState, refuseAfterLoss } from '../node/state.ts'
import {
  deploymentIn,
  type MigrationNotices,
  openLoader,
  openReader,
  openWriter,
  reading,
  starting,
} from '../store.ts'
import { copyAll } from './copy.ts'
import { Progress } from './progress.ts'
import { SourceFile } from './source.ts'
import { emptied, hearClock, type Target } from './target.ts'
import { checkWhole, type Holdings } from './whole-check.ts'

/** What was moved. */
export type Moved = {
  /** ID of the deployment. */
  readonly deployment: string
  /** Null if an earlier run had moved everything. */
  readonly rows: number | null
  readonly records: number | null
  /** Where the file is that nobody uses any longer. */
  readonly file: string
}

type Parts = {
  readonly config: Config
  readonly hooks: Hooks
  readonly folder: DataFolder
  readonly file: SourceFile
  readonly target: Target
  readonly progress: Progress
  readonly say: (line: string) => void
}

/** A deployment whose root is open. */
type Opened = { readonly deployment: DeploymentRow; readonly keyring: Keyring }

/**
 * @param say called with lines for people while it lasts.
 * @throws ConfigError, FolderInUse, RootUnavailable, StoreUnavailable, KmsError: the move did not
 * take place, and can be repeated.
 */
export async function moveToDatabase(
  config: Config,
  hookSource: HookSource,
  say: (line: string) => void,
): Promise<Moved> {
  process.umask(0o077)
  const target = databaseOf(config)
  if (target === undefined)
    throw new ConfigError(
      'holdfast move needs the database to move to: name it with --database-url-file or --database-url',
    )
  checkFolder(config)
  const hooks = await loadHooks(hookSource)
  const folder = lockedFolder(config.data)
  try {
    const file = new SourceFile(folder)
    const progress = new Progress(hooks.clock, say)
    return await move({ config, hooks, folder, file, target, progress, say })
  } finally {
    folder.close()
  }
}

function lockedFolder(path: string): DataFolder {
  try {
    return DataFolder.open(path)
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error
    throw new FolderInUse(`${error.message}: stop it first, and start it with the database`, {
      cause: error,
    })
  }
}

/** Holds the lock that every node takes when it starts, so that none starts in between. */
async function move(parts: Parts): Promise<Moved> {
  const { target, file } = parts
  let found: (Opened & Holdings) | undefined
  let ended: Moved | undefined
  const check = async (): Promise<void> => {
    const opened = await openSource(parts)
    ended = await endedBefore(parts, opened.deployment.id)
    if (ended === undefined) found = { ...opened, ...(await checkedSource(parts, opened)) }
  }
  const copy = async (): Promise<Moved> => {
    if (ended !== undefined) return ended
    if (found === undefined) throw new TypeError('the file is checked before anything is copied')
    await copied(parts, found)
    await committed(parts, found)
    await file.retire()
    const { rows, records, deployment } = found
    return { deployment: deployment.id, rows, records, file: file.path }
  }
  return starting(target, noticesTo(parts.say), { check }, copy)
}

/** Brings the file to this release, and opens it. */
async function openSource({ config, hooks, file }: Parts): Promise<Opened> {
  return starting(file.store, noticesTo(), {}, async () => {
    const known = await readDeployment(file.store)
    if (known === undefined)
      throw new ConfigError(
        `there is no deployment in ${config.data}: name the data folder of the server with --data`,
      )
    const { deployment, rootKey } = await openKnown(known, rootOf(config, hooks))
    return { deployment, keyring: new Keyring(rootKey, deployment) }
  })
}

/**
 * What an earlier run has moved, if it came that far.
 * @throws ConfigError for a database with another deployment, or a file that must not be moved.
 */
async function endedBefore(
  { target, file }: Parts,
  deployment: string,
): Promise<Moved | undefined> {
  const there = await deploymentIn(target)
  if (there !== undefined && there !== deployment)
    throw new ConfigError(
      'the database holds another deployment: name an empty database; nothing was changed',
    )
  if (there === undefined && file.stage === 'moved')
    throw new ConfigError(
      `${file.path} was moved to another database: name that one; nothing was changed`,
    )
  if (there === undefined) return undefined
  if (file.stage === 'whole')
    throw new ConfigError(
      `the database holds this deployment already, and ${file.path} was put back since: put it elsewhere, and start the server with the database; nothing was changed`,
    )
  await file.retire()
  return { deployment, rows: null, records: null, file: file.path }
}

/** @throws KmsError stored-record-corrupt for a file that is damaged, or has lost something. */
async function checkedSource(
  { folder, hooks, file, target, progress }: Parts,
  { deployment, keyring }: Opened,
): Promise<Holdings> {
  await hearClock(target, new DatabaseClock(hooks.clock, hooks.databaseInstant))
  const { random } = hooks
  const about = { folder, random, keyring, deployment: deployment.id, store: file.store }
  return reading(file.store, async (reader) => {
    const state = await nodeState(reader, about)
    if (state.loss !== undefined)
      await refuseAfterLoss(file.store, { ...state, loss: state.loss }, keyring, deployment.id)
    return checkWhole({ reader, keyring, name: file.path, progress })
  })
}

/** Copies all but the deployment, and checks what has arrived. */
async function copied(
  { file, target, hooks, progress }: Parts,
  { keyring, heads, rows, records }: Opened & Holdings,
): Promise<void> {
  await emptied(target, keyring, heads, file.stage === 'moving')
  const [from, into] = [await openReader(file.store), await openLoader(target)]
  try {
    await copyAll({ from, into, progress, failpoint: hooks.failpoint }, heads)
  } finally {
    from.close()
    into.close()
  }
  hooks.failpoint('move:copied')
  const name = 'what was copied to the database'
  const there = await reading(target, (reader) => checkWhole({ reader, keyring, name, progress }))
  if (there.rows !== rows - 1 || there.records !== records)
    throw new KmsError(
      'stored-record-corrupt',
      `the database holds ${there.rows} rows and ${there.records} records of ${rows - 1} and ${records}: does anything else write to it? Run holdfast move again`,
    )
}

/** Takes the file away, and commits the deployment with the record of its move. */
async function committed(
  { folder, hooks, file, target }: Parts,
  { deployment, keyring, rows, records }: Opened & Holdings,
): Promise<void> {
  const { random, clock, databaseInstant, failpoint } = hooks
  const about = { folder, random, keyring, deployment: deployment.id, store: target }
  const { heads, epoch, timeFloor, loss } = await reading(target, (one) => nodeState(one, about))
  const [head] = heads
  if (head === undefined || loss !== undefined) throw new TypeError(loss ?? 'a node has a log')
  const databaseClock = new DatabaseClock(clock, databaseInstant)
  await hearClock(target, databaseClock)
  await file.setAside(failpoint)
  failpoint('move:set-aside')
  const store = await openWriter(target, failpoint)
  const writer = new Writer({
    store,
    log: new NodeLog(deployment.id, keyring.rowMac, head, { epoch }),
    time: new TimeKeeper(databaseClock, timeFloor, epoch?.clockAccepted),
    clock: databaseClock,
    failpoint,
  })
  const entry = serviceEntry({
    requestId: random.bytes(16).toHex(),
    operation: 'move-database',
    principal: 'operator',
    detail: `to PostgreSQL: ${rows} rows and ${records} records`,
  })
  // A failure that this throws leaves open whether it is committed: the next run finds out.
  const { receipts, outcome } = await writer.write([
    ownSubmission({ entry, writes: [insertSigned(deployment)] }),
  ])
  store.close()
  if (receipts[0] === 'recorded') return
  await file.putBack()
  throw outcome instanceof StoreUnavailable
    ? outcome
    : new StoreUnavailable('the database was changed by somebody else: run holdfast move again')
}

/** Only what it waits for is said. */
function noticesTo(say: (line: string) => void = () => {}): MigrationNotices {
  return { found: () => {}, waiting: say, progress: () => {}, migrated: () => {} }
}
