/**
 * Which tier a test file belongs to, and what else it runs over: each file says so itself, in its
 * first comment.
 *
 * - `@deep`: only `npm run test:deep` runs it.
 * - `@fuller`: the deep tests run it as well, and it does more there (`isDeepRun`).
 * - `@alone`: it measures or loads the machine, so nothing else runs next to it.
 * - `@also two-threads`, `@also postgresql`: the deep tests run it once more with two request
 *   threads, or over PostgreSQL.
 */
import { readFileSync } from 'node:fs'

const worlds = ['two-threads', 'postgresql'] as const
export type World = (typeof worlds)[number]

export type Tier = {
  readonly isDeep: boolean
  readonly isFuller: boolean
  readonly isAlone: boolean
  readonly also: readonly World[]
}

/** @throws Error for a tag that is not one of these. */
export function tierOf(file: string): Tier {
  const [comment = ''] = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(file, 'utf8')) ?? []
  const also: World[] = []
  const flags = { isDeep: false, isFuller: false, isAlone: false }
  for (const [, tag = '', rest = ''] of comment.matchAll(/^ ?\*+ @(\S+)(.*)$/gm)) {
    if (tag === 'deep') flags.isDeep = true
    else if (tag === 'fuller') flags.isFuller = true
    else if (tag === 'alone') flags.isAlone = true
    else if (tag === 'also')
      for (const name of rest.split(/[\s,*/]+/).filter((part) => part !== '')) {
        const world = worlds.find((one) => one === name)
        if (world === undefined) throw new Error(`${file}: @also ${name} is not one of ${worlds}`)
        also.push(world)
      }
    else throw new Error(`${file}: @${tag} is not a tag of a test file`)
  }
  return { ...flags, also }
}

/**
 * Whether the deep tests run: every step and every kill instead of one of each kind, all rounds
 * instead of a few.
 */
export const isDeepRun = process.env.HOLDFAST_TEST_DEEP === '1'
