/**
 * The file that is moved, and the name that it has. Before the deployment is committed to the
 * database, the file gets a name under which no server uses it, and afterwards its last one: so at
 * no instant can both be started.
 */
import { renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../../config.ts'
import type { Failpoints } from '../../ports/failpoints.ts'
import { syncFolder } from '../../ports/new-files.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import type { DataFolder } from '../../store/folder.ts'
import { databaseName, movedName, movingName } from '../deployment.ts'
import { openWriter, type StoreSpec } from '../store.ts'

/** Where the file is: to be moved, at the end of a move, or moved. */
export type Stage = 'whole' | 'moving' | 'moved'

const names = { whole: databaseName, moving: movingName, moved: movedName } as const

export class SourceFile {
  readonly #folder: DataFolder
  #stage: Stage

  /** @throws ConfigError for a folder without a file, or with more than one. */
  constructor(folder: DataFolder) {
    const found = (Object.keys(names) as Stage[]).filter((stage) => folder.has(names[stage]))
    const [stage, other] = found
    if (stage === undefined)
      throw new ConfigError(
        `there is no ${databaseName} in ${folder.path}: name the data folder of the server with --data`,
      )
    if (other !== undefined)
      throw new ConfigError(
        `${folder.path} contains ${names[stage]} and ${names[other]}: one was put there after a move; keep the right one, and put the other one elsewhere`,
      )
    this.#folder = folder
    this.#stage = stage
  }

  get stage(): Stage {
    return this.#stage
  }

  get path(): string {
    return this.#folder.file(names[this.#stage])
  }

  get store(): StoreSpec {
    return { kind: 'sqlite', file: this.path }
  }

  /**
   * Takes it away from every server: all of it is in the one file then.
   * @throws StoreUnavailable if another program uses it.
   */
  async setAside(failpoint: Failpoints): Promise<void> {
    const writer = await openWriter(this.store, failpoint)
    const isWhole = await writer.eraseDeleted()
    writer.close()
    // The last connection removes the log that it has written to the file.
    const log = statSync(`${this.path}-wal`, { throwIfNoEntry: false })
    if (!isWhole || (log?.size ?? 0) > 0)
      throw new StoreUnavailable(
        `another program uses ${this.path}: end it, and run holdfast move again`,
      )
    this.#name('moving')
  }

  /** The database has nothing of it: servers may use the file as before. */
  putBack(): void {
    this.#name('whole')
  }

  /** The database has it all. */
  retire(): void {
    this.#name('moved')
  }

  #name(stage: Stage): void {
    if (stage === this.#stage) return
    renameSync(this.path, this.#folder.file(names[stage]))
    this.#stage = stage
    syncFolder(dirname(this.path))
  }
}
