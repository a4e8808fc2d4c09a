/** `holdfast project create | list`: over the control socket when a server runs on the folder, else on the folder itself. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Config, ConfigError, type Flags, serverFlags } from '../config.ts'
import { writeFileDurably } from '../store/folder.ts'
import { type ControlClient, connectControl } from './control.ts'
import type { HookSource } from './hooks.ts'

const folderFlags = [
  '--data',
  '--database-url',
  '--database-url-file',
  '--root',
  '--passphrase-file',
  '--region',
  '--listen',
  '--public-url',
]

type ReadConfig = (flags: Flags) => Config

export function addProjectCommands(program: Command, read: ReadConfig, hooks: HookSource): void {
  const project = program.command('project').description('further projects (tenants) of a deployment')
  const create = project
    .command('create <name>')
    .description('make a project with an admin and an access key of its own')
    .option('--credentials <file>', 'where to write its credentials (default ./NAME-credentials.json)')
    .action((name: string, flags: Flags) => createProject(name, flags, (use) => withProjects(read(flags), hooks, use)))
  const list = project
    .command('list')
    .description('list the projects')
    .action((flags: Flags) => listProjects(flags, (use) => withProjects(read(flags), hooks, use)))
  for (const command of [create, list]) {
    command.option('--json', 'answer in JSON')
    for (const [flag, help] of serverFlags) if (folderFlags.includes(flag.split(' ')[0] as string)) command.option(flag, help)
  }
}

/** Runs something with the projects of the folder, wherever they are to be reached. */
type WithProjects = <T>(use: (projects: ControlClient) => Promise<T>) => Promise<T>

async function createProject(name: string, flags: Flags, withThem: WithProjects): Promise<void> {
  const file = resolve(String(flags.credentials ?? `./${name}-credentials.json`))
  if (existsSync(file)) throw new ConfigError(`${file} is there already; name another file with --credentials`)
  await withThem(async (projects) => {
    const credentials = await projects.create(name)
    writeFileDurably(file, credentials)
    credentials.fill(0)
  })
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ name, credentials: file })}\n`)
  else process.stdout.write(`project ${name} is made; its credentials are in ${file}, readable by you alone\n`)
}

async function listProjects(flags: Flags, withThem: WithProjects): Promise<void> {
  const found = await withThem((projects) => projects.list())
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  for (const { id, name, region, created_at } of found) process.stdout.write(`${id}  ${name}  ${region}  ${created_at}\n`)
}

async function withProjects<T>(config: Config, hooks: HookSource, use: (projects: ControlClient) => Promise<T>): Promise<T> {
  const running = await connectControl(config.data)
  if (running !== undefined) return use(running)
  const { startService } = await import('./service.ts')
  const service = await startService({ ...config, workers: 1 }, hooks, { listen: false })
  try {
    return await use(service.projects)
  } finally {
    await service.stop(0)
  }
}
