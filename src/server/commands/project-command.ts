/**
 * `holdfast project create | list`: over the control socket if a server runs on the folder,
 * otherwise on the folder itself.
 */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Config, type Flags, serverFlags } from '../../config.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { PreparedFiles } from '../../ports/new-files.ts'
import type { HookSource } from '../hooks.ts'
import { folderFlags, type Operator, withOperator } from './operator.ts'
import { checkProjectName } from './projects.ts'

/** Larger than any credentials file. */
const credentialsRoom = 4096

type ReadConfig = (flags: Flags) => Config

export function addProjectCommands(program: Command, read: ReadConfig, hooks: HookSource): void {
  const project = program
    .command('project')
    .description('manage further projects (tenants) of a deployment')
  const create = project
    .command('create <name>')
    .description('create a project with its own admin and access key')
    .option(
      '--credentials <file>',
      'where to write its credentials (default ./NAME-credentials.json)',
    )
    .action((name: string, flags: Flags) =>
      createProject(name, flags, (use) => withOperator(read(flags), hooks, use)),
    )
  const list = project
    .command('list')
    .description('list the projects')
    .action((flags: Flags) => listProjects(flags, (use) => withOperator(read(flags), hooks, use)))
  for (const command of [create, list]) {
    command.option('--json', 'print JSON')
    for (const [flag, help] of serverFlags)
      if (folderFlags.includes(flag.split(' ')[0] as string)) command.option(flag, help)
  }
}

/** Runs something with the projects of the folder, through a running server or directly. */
type WithProjects = <T>(use: (projects: Operator) => Promise<T>) => Promise<T>

async function createProject(name: string, flags: Flags, withThem: WithProjects): Promise<void> {
  const file = resolve(String(flags.credentials ?? `./${name}-credentials.json`))
  checkProjectName(name)
  // A project cannot be undone, and without its credentials nobody can use it: so space for them is
  // reserved first.
  using reserved = PreparedFiles.prepare([{ path: file, content: new Uint8Array(credentialsRoom) }])
  await withThem(async (projects) => {
    using credentials = Wiped.of(await projects.create(name))
    reserved.replace(credentials.bytes)
    reserved.commit()
  })
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ name, credentials: file })}\n`)
  else
    process.stdout.write(
      `created project ${name}; its credentials are in ${file}, readable only by you\n`,
    )
}

async function listProjects(flags: Flags, withThem: WithProjects): Promise<void> {
  const found = await withThem((projects) => projects.list())
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  for (const { id, name, region, created_at } of found)
    process.stdout.write(`${id}  ${name}  ${region}  ${created_at}\n`)
}
