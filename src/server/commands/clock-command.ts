/**
 * `holdfast clock` and `holdfast clock accept`: over the control socket when a server runs on the
 * folder, else on the folder itself.
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
    .description('whether the clock of the server is right, and what to do if not')
  const show = clock
    .command('show', { isDefault: true })
    .description('what the clock is like, and what waits because of it')
    .action((flags: Flags) =>
      withOperator(read(flags), hooks, async (operator) =>
        print(flags, await operator.clock(), viewLines),
      ),
    )
  const accept = clock
    .command('accept')
    .description('have time go on from the clock as it is')
    .option(
      '--back',
      'also when that takes time back, so that what ended meanwhile can be used again',
    )
    .action((flags: Flags) =>
      withOperator(read(flags), hooks, async (operator) =>
        print(flags, await operator.acceptClock(flags.back === true), acceptedLines),
      ),
    )
  for (const command of [show, accept]) {
    command.option('--json', 'answer in JSON')
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
    'the clock is ahead of the last record, as after a stop; it is followed once the machine has been up for ten minutes',
  ahead: 'the clock is ahead',
  behind: 'the clock is behind',
} as const

function viewLines({ state, wall, floor, endings, sessions }: ClockView): string[] {
  const lines = [
    `${words[state.kind]}: it says ${secondText(wall)}; the floor of time is ${secondText(floor)}`,
  ]
  if ('byMs' in state) lines.push(`difference: ${spanText(state.byMs)}`)
  if ('followedInMs' in state && state.followedInMs !== null)
    lines.push(`followed by itself after ${spanText(state.followedInMs)} more of running`)
  const behind = state.kind === 'behind'
  if (behind)
    lines.push('if time went back (holdfast clock accept --back), these could be used again:')
  else if (endings.length > 0)
    lines.push('these wait until the clock is right, or accepted (holdfast clock accept):')
  for (const ending of endings) lines.push(`  ${endingText(ending)}`)
  if (behind)
    lines.push(
      `  ${sessions} sessions of consoles`,
      '  tokens and import tokens that ended in that time',
    )
  return lines
}

function acceptedLines({ wall, floor }: ClockView): string[] {
  return [`time goes on from ${secondText(wall)}; it stood at ${secondText(floor)}`]
}
