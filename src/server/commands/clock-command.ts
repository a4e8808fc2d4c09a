/**
 * `holdfast clock` and `holdfast clock accept`: over the control socket if a server runs on the
 * folder, otherwise on the folder itself.
 */
import type { Command } from 'commander'
import { type Config, type Flags, serverFlags } from '../../config.ts'
import { secondText, spanText } from '../../domain/spans.ts'
import type { HookSource } from '../hooks.ts'
import type { ClockView } from '../watches/clock-watch.ts'
import { endingText } from './clock-words.ts'
import { folderFlags, withOperator } from './operator.ts'

type ReadConfig = (flags: Flags) => Config

export function addClockCommands(program: Command, read: ReadConfig, hooks: HookSource): void {
  const clock = program
    .command('clock')
    .description('check the clock of the server, and what to do if it is wrong')
  const show = clock
    .command('show', { isDefault: true })
    .description('show the state of the clock, and what is waiting because of it')
    .action((flags: Flags) =>
      withOperator(read(flags), hooks, async (operator) =>
        print(flags, await operator.clock(), viewLines),
      ),
    )
  const accept = clock
    .command('accept')
    .description('accept the current clock: time continues from it')
    .option(
      '--back',
      'accept it even if that moves time back and makes usable again what has expired since',
    )
    .action((flags: Flags) =>
      withOperator(read(flags), hooks, async (operator) =>
        print(flags, await operator.acceptClock(flags.back === true), acceptedLines),
      ),
    )
  for (const command of [show, accept]) {
    command.option('--json', 'print JSON')
    for (const [flag, help] of serverFlags)
      if (folderFlags.includes(flag.split(' ')[0] as string)) command.option(flag, help)
  }
}

function print(flags: Flags, view: ClockView, lines: (view: ClockView) => string[]): void {
  const text = flags.json === true ? JSON.stringify(asJson(view), null, 2) : lines(view).join('\n')
  process.stdout.write(`${text}\n`)
}

function asJson({ state, wall, floor, endings, sessions }: ClockView): object {
  return {
    state: state.kind,
    ...('byMs' in state && { by_seconds: state.byMs / 1000 }),
    ...('followedInMs' in state &&
      state.followedInMs !== null && { followed_in_seconds: state.followedInMs / 1000 }),
    wall_clock: secondText(wall),
    floor: secondText(floor),
    endings: endings.map(({ keyId, what, at }) => ({ key_id: keyId, what, at: secondText(at) })),
    sessions,
  }
}

const words = {
  right: 'the clock is right',
  starting:
    'the clock is ahead of the last record, as after a stop; it will be followed once the machine has been up for ten minutes',
  ahead: 'the clock is ahead',
  behind: 'the clock is behind',
} as const

function viewLines({ state, wall, floor, endings, sessions }: ClockView): string[] {
  const lines = [
    `${words[state.kind]}: it says ${secondText(wall)}; the floor of time is ${secondText(floor)}`,
  ]
  if ('byMs' in state) lines.push(`difference: ${spanText(state.byMs)}`)
  if ('followedInMs' in state && state.followedInMs !== null)
    lines.push(`followed automatically after another ${spanText(state.followedInMs)} of running`)
  const behind = state.kind === 'behind'
  if (behind)
    lines.push('if time moved back (holdfast clock accept --back), these could be used again:')
  else if (endings.length > 0)
    lines.push('these wait until the clock is right or accepted (holdfast clock accept):')
  for (const ending of endings) lines.push(`  ${endingText(ending)}`)
  if (behind)
    lines.push(
      `  ${sessions} console sessions`,
      '  tokens and import tokens that expired in that time',
    )
  return lines
}

function acceptedLines({ wall, floor }: ClockView): string[] {
  return [`time continues from ${secondText(wall)}; it was at ${secondText(floor)}`]
}
