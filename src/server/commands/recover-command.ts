/**
 * `holdfast recover`: over the control socket if a server runs on the folder, otherwise on the
 * folder itself.
 */
import type { Command } from 'commander'
import { type Config, type Flags, serverFlags } from '../../config.ts'
import type { HookSource } from '../hooks.ts'
import { folderFlags, withOperator } from './operator.ts'

export function addRecoverCommand(
  program: Command,
  read: (flags: Flags) => Config,
  hooks: HookSource,
): void {
  const recover = program
    .command('recover')
    .description('show what the database has lost since this node wrote to it')
    .option('--accept-loss', 'go on from what the database holds now, on all nodes')
    .option('--json', 'print JSON')
    .action((flags: Flags) =>
      withOperator(
        read(flags),
        hooks,
        async (operator) => {
          const accepts = flags.acceptLoss === true
          const view = accepts ? await operator.acceptLoss() : await operator.loss()
          const line = view.lost ?? 'the database has lost nothing'
          const said = accepts ? `accepted and recorded: ${line}` : line
          process.stdout.write(`${flags.json === true ? JSON.stringify(view) : said}\n`)
        },
        { despiteLoss: true },
      ),
    )
  for (const [flag, help] of serverFlags)
    if (folderFlags.includes(flag.split(' ')[0] as string)) recover.option(flag, help)
}
