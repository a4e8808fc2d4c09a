/** The tests' own entry point: the server with hooks, which `holdfast server` has no way to set. */
import { runCommand } from '../../src/server/commands/command.ts'

const [hooks = '{}', ...argv] = process.argv.slice(2)
await runCommand(argv, JSON.parse(hooks) as { module: string; data: unknown })
