/**
 * The server with a log that forgets, to measure what the durable one costs. No flag or variable
 * makes `holdfast server` do this.
 */
import { runCommand } from '../src/server/commands/command.ts'

await runCommand(process.argv.slice(2), {
  module: new URL('./forgetful.ts', import.meta.url).href,
  data: null,
})
