/**
 * The file that is moved, and the name that it has. Before the deployment is committed to the
 * database, the file gets a name under which no server uses it, and afterwards its last one: so at
 * no instant can both be started.
 */
import { existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../../config.ts'
import { type Failpoints, noFailpoints } from '../../ports/failpoints.ts'
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
   * Takes it away from every server.
   * @throws StoreUnavailable if another program uses it, and so do the next two.
   */
  setAside(failpoint: Failpoints): Promise<void> {
    return this.#rename('moving', failpoint)
  }

  /** The database has nothing of it: servers may use the file as before. */
  putBack(): Promise<void> {
    return this.#rename('whole')
  }

  /** The database has it all. */
  retire(): Promise<void> {
    return this.#rename('moved')
  }

  /** All of it is in the one file then: what SQLite keeps next to it has no other name. */
  async #rename(stage: Stage, failpoint: Failpoints = noFailpoints): Promise<void> {
    if (stage === this.#stage) return
    const writer = await openWriter(this.store, failpoint)
    const isWhole = await writer.eraseDeleted()
    writer.close()
    // The last connection that is closed removes it.
    if (!isWhole || existsSync(`${this.path}-wal`))
      throw new StoreUnavailable(
        `another program uses ${this.path}: end it, and run holdfast move again`,
      )
    renameSync(this.path, this.#folder.file(names[stage]))
    this.#stage = stage
    syncFolder(dirname(this.path))
  }
}
