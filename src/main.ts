/** Entry of the `holdfast` command. Wiring is in threads/: command -> config -> service -> listeners -> orderly stop. */
import { runCommand } from './threads/command.ts'

await runCommand(process.argv.slice(2))
