/** What must hold in every state of the model. docs/model.md says it in words. */
import { type Call, type Deployment, isCached, laneNodes } from './deployment.ts'

type State = Deployment

function isAnswered({ end }: Call): boolean {
  return end === 'done' || end === 'refused'
}

/** Whether no answer was given by a node that knew this when the group of the call began. */
const neverDespite =
  (what: Call['despite']) =>
  ({ calls }: State): boolean =>
    calls.every((call) => !isAnswered(call) || call.despite !== what)

export const invariants = {
  'answers rely on current facts': ({ calls }: State) =>
    calls.every((call) => !isAnswered(call) || !call.wrong),
  'an answer has its record': ({ calls, commits }: State) =>
    calls.every(
      (call, i) => !isAnswered(call) || call.lost !== 'no' || commits.some(({ id }) => id === i),
    ),
  'nothing succeeds after an acknowledged end': ({ calls }: State) =>
    calls.every(
      ({ kind, end, late, epoch }) =>
        kind !== 'use' ||
        end !== 'done' ||
        late.every((i) => calls[i]?.lost !== 'no' || calls[i]?.epoch !== epoch),
    ),
  'a call is answered once': ({ calls }: State) => calls.every(({ ends }) => ends <= 1),
  'a node notices what it lost': neverDespite('own-loss'),
  'no answer once a loss is noticed': neverDespite('halt'),
  'a node remembers a halt': neverDespite('known-halt'),
  'no loss is reported that there is not': ({ falseAlarm }: State) => !falseAlarm,
  'an epoch begins without a cache': ({ nodes, lanes, calls }: State) =>
    nodes.every((node, n) => {
      const isBusy = calls.some((call) => call.node === n && call.forgets)
      const known = Math.max(...lanes.map((one, i) => (laneNodes[i] === n ? one.epoch : 0)))
      return isBusy || !isCached(node) || node.cacheEpoch >= known
    }),
} as const

export type Invariant = keyof typeof invariants
