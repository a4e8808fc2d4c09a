/**
 * `holdfast unlock`: over the control socket if a server runs on the folder, otherwise on the
 * folder itself.
 */
import type { Command } from 'commander'
import { type Config, type Flags, serverFlags } from '../../config.ts'
import type { HookSource } from '../hooks.ts'
import { folderFlags, withOperator } from './operator.ts'

export function addUnlockCommand(
  program: Command,
  read: (flags: Flags) => Config,
  hooks: HookSource,
): void {
  const unlock = program
    .command('unlock <user>')
    .description('clear the failed sign-ins of a user, so that they can sign in immediately')
    .option('--project <project>', 'name or ID of the project (default: the first one)')
    .option('--json', 'print JSON')
    .action((userName: string, flags: Flags) =>
      withOperator(read(flags), hooks, async (operator) => {
        const done = await operator.unlock(
          userName,
          flags.project === undefined ? undefined : String(flags.project),
        )
        const { user, project, counts } = done
        const line = `user ${user} of project ${project} can sign in: ${counts} counts of failures were cleared`
        process.stdout.write(`${flags.json === true ? JSON.stringify(done) : line}\n`)
      }),
    )
  for (const [flag, help] of serverFlags)
    if (folderFlags.includes(flag.split(' ')[0] as string)) unlock.option(flag, help)
}
