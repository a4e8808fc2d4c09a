/** `holdfast move`: on the folder of a server that is stopped, from its file to a database. */
import type { Command } from 'commander'
import { type Config, type Flags, serverFlags } from '../../config.ts'
import type { HookSource } from '../hooks.ts'
import { storeFlags } from './operator.ts'

export function addMoveCommand(
  program: Command,
  read: (flags: Flags) => Config,
  hooks: HookSource,
): void {
  const move = program
    .command('move')
    .description('move the data of a stopped server from its folder to PostgreSQL')
    .option('--json', 'print JSON')
    .action(async (flags: Flags) => {
      const { moveToDatabase } = await import('../move/move.ts')
      const say = (line: string): void => void process.stderr.write(`${line}\n`)
      const moved = await moveToDatabase(read(flags), hooks, say)
      const { deployment, rows, records, file } = moved
      const what = rows === null ? '' : `: ${rows} rows and ${records} records`
      const text = `the deployment ${deployment} is in PostgreSQL${what}; ${file} is what it was before. Start the server with the same database`
      process.stdout.write(`${flags.json === true ? JSON.stringify(moved) : text}\n`)
    })
  for (const [flag, help] of serverFlags)
    if (storeFlags.includes(flag.split(' ')[0] as string)) move.option(flag, help)
}
