/**
 * `holdfast upgrade`: over the control socket if a server runs on the folder, otherwise on the
 * folder itself.
 */
import type { Command } from 'commander'
import { type Config, ConfigError, type Flags, serverFlags } from '../../config.ts'
import { secondText } from '../../domain/spans.ts'
import type { HookSource } from '../hooks.ts'
import type { LevelView } from '../node/levels.ts'
import { folderFlags, withOperator } from './operator.ts'

export function addUpgradeCommand(
  program: Command,
  read: (flags: Flags) => Config,
  hooks: HookSource,
): void {
  const upgrade = program
    .command('upgrade')
    .description('show how far an upgrade of the nodes has come')
    .option('--hold', 'keep writing what the release before reads, so that nodes can go back')
    .option(
      '--finish',
      'write what this release brings; nodes of the one before refuse from then on',
    )
    .option('--json', 'print JSON')
    .action((flags: Flags) => {
      if (flags.hold === true && flags.finish === true)
        throw new ConfigError('--hold and --finish exclude each other: name one of them')
      return withOperator(read(flags), hooks, async (operator) => {
        const view =
          flags.hold === true
            ? await operator.holdLevel()
            : flags.finish === true
              ? await operator.finishLevel()
              : await operator.level()
        const text = flags.json === true ? JSON.stringify(asJson(view), null, 2) : upgradeText(view)
        process.stdout.write(`${text}\n`)
      })
    })
  for (const [flag, help] of serverFlags)
    if (folderFlags.includes(flag.split(' ')[0] as string)) upgrade.option(flag, help)
}

/** What the command prints: one line about the level, and one about each node. */
export function upgradeText(view: LevelView): string {
  const { nodes } = view
  const rows = nodes.map(
    (node) =>
      `${node.id}  release ${node.version}, up to level ${node.level}, ${node.address}, seen ${secondText(node.seenAt)}`,
  )
  return [stateText(view), ...rows].join('\n')
}

function stateText({ level, newest, isHeld, nodes }: LevelView): string {
  if (isHeld)
    return `level ${level}, held: nodes can go back to the release before; holdfast upgrade --finish ends that`
  if (level >= newest) return `level ${level}: nothing is left to do`
  const behind = nodes.filter((node) => node.level < newest)
  return behind.length === 0
    ? `level ${level} of ${newest}: it rises within a minute while a node runs`
    : `level ${level} of ${newest}: waiting for ${behind.map(({ id }) => id).join(', ')}`
}

function asJson({ level, newest, isHeld, nodes }: LevelView): object {
  return {
    level,
    newest_level: newest,
    held: isHeld,
    nodes: nodes.map(({ seenAt, ...node }) => ({ ...node, seen_at: secondText(seenAt) })),
  }
}
