/**
 * Entry of the `holdfast` command. Wiring is in server/: command -> config -> service -> listeners
 * -> orderly stop.
 */
import { runCommand } from './server/commands/command.ts'

await runCommand(process.argv.slice(2))
