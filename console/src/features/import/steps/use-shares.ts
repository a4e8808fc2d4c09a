/** Shares of the material: made, shown one at a time, and proved by those that are typed. */
import { useState } from 'react'
import type { ProveAnswer, ShareText } from '../../../material/protocol.ts'
import type { Choices } from '../choices.ts'
import { type Material, useMaterialWork } from '../ways/use-material.ts'

export type Shares = {
  readonly isBusy: boolean
  readonly made: readonly ShareText[]
  /** Which of them can be seen, and whether its words can. */
  readonly at: number
  readonly isShown: boolean
  /** Of the ones that were typed last. */
  readonly answer: ProveAnswer | undefined
  /** Shares that were made are of another rule. */
  readonly changeRule: (change: Partial<Choices>) => void
  readonly make: () => Promise<void>
  /** Goes to another one, whose words are not shown yet. */
  readonly goTo: (at: number) => void
  readonly toggle: () => void
  readonly prove: (texts: readonly string[]) => Promise<void>
}

type Props = {
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  readonly onProved: (isProved: boolean) => void
}

export function useShares({ choices, choose, material, onProved }: Props): Shares {
  const [made, setMade] = useState<readonly ShareText[]>([])
  const [at, setAt] = useState(0)
  const [isShown, setShown] = useState(false)
  const [answer, setAnswer] = useState<ProveAnswer>()
  const { isBusy, run } = useMaterialWork()
  const begin = (shares: readonly ShareText[]): void => {
    setMade(shares)
    setAnswer(undefined)
    onProved(false)
  }
  const changeRule = (change: Partial<Choices>): void => {
    choose(change)
    begin([])
  }
  const goTo = (next: number): void => {
    setAt(next)
    setShown(false)
  }
  const make = (): Promise<void> =>
    run(async () => {
      const { shares: count, threshold } = choices
      const { shares } = await material.client().ask('share', { count, threshold })
      begin(shares)
      goTo(0)
    })
  const prove = (texts: readonly string[]): Promise<void> =>
    run(async () => {
      const found = await material.client().ask('proveShares', { texts })
      setAnswer(found)
      onProved(found.kind === 'matches')
    })
  const toggle = (): void => setShown(!isShown)
  return { isBusy, made, at, isShown, answer, changeRule, make, goTo, toggle, prove }
}
