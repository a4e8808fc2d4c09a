/**
 * What an operator can do to a deployment on the machine of its server: through the server that
 * runs on the folder, or directly if none does.
 */
import { existsSync } from 'node:fs'
import { type Config, ConfigError } from '../../config.ts'
import type { HookSource } from '../hooks.ts'
import type { LevelView } from '../node/levels.ts'
import type { ClockView } from '../watches/clock-watch.ts'
import { connectControl } from './control.ts'
import type { LossView } from './losses.ts'
import type { Projects } from './projects.ts'
import type { Unlocked } from './unlock.ts'

/** Neither over HTTP nor with credentials: anyone who can do this could also read the folder. */
export type Operator = Pick<Projects, 'list' | 'create'> & {
  clock(): Promise<ClockView>
  /**
   * @param back accept the clock even if it moves time back. @throws KmsError as
   * `ClockWatch.accept`.
   */
  acceptClock(back: boolean): Promise<ClockView>
  /** What the database has lost. */
  loss(): Promise<LossView>
  /** @throws KmsError as `Losses.accept`. */
  acceptLoss(): Promise<LossView>
  /** How far an upgrade of the nodes has come. */
  level(): Promise<LevelView>
  /** @throws KmsError as `Levels.hold`. */
  holdLevel(): Promise<LevelView>
  /** @throws KmsError as `Levels.finish`. */
  finishLevel(): Promise<LevelView>
  /** @param project name or ID; undefined for the first. @throws KmsError as `unlockUser`. */
  unlock(userName: string, project: string | undefined): Promise<Unlocked>
}

/** Flags of `holdfast server` that select the data of a deployment, and its root. */
export const storeFlags = [
  '--data',
  '--database-url',
  '--database-url-file',
  '--database-tls',
  '--database-ca',
  '--root',
  '--passphrase-file',
]

/** The same, with those that name it. */
export const folderFlags = [...storeFlags, '--region', '--listen', '--public-url']

/**
 * A folder created because of a mistyped path would become a deployment of its own.
 * @throws ConfigError if it does not exist.
 */
export function checkFolder({ data }: Config): void {
  if (!existsSync(data))
    throw new ConfigError(
      `there is no folder ${data}: name the data folder of the server with --data`,
    )
}

/**
 * Runs something with the operator of a folder: that of the server that runs on it, or of one that
 * does not listen and ends afterwards.
 */
export async function withOperator<T>(
  config: Config,
  hooks: HookSource,
  use: (operator: Operator) => Promise<T>,
  { despiteLoss = false }: { readonly despiteLoss?: boolean } = {},
): Promise<T> {
  checkFolder(config)
  const running = await connectControl(config.data)
  if (running !== undefined) return use(running)
  const { startService } = await import('../service.ts')
  const service = await startService({ ...config, workers: 1 }, hooks, {
    listen: false,
    despiteLoss,
  })
  try {
    return await use(service.operator)
  } finally {
    await service.stop(0)
  }
}
