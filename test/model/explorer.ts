/**
 * Visits every state that a model can reach, breadth first: what breaks an invariant is found with
 * the fewest actions that lead to it.
 */

export type Model<S> = {
  readonly initial: S
  /** Every state that can follow, each with what happened. A state is never changed in place. */
  readonly next: (state: S) => Iterable<readonly [action: string, next: S]>
  /** The same text for two states only if nothing that can follow tells them apart. */
  readonly key: (state: S) => string
  /** By name, what must hold in every state. */
  readonly invariants: Readonly<Record<string, (state: S) => boolean>>
}

export type Explored = {
  readonly states: number
  /** Actions of the longest of the shortest ways. */
  readonly depth: number
  readonly broken: { readonly invariant: string; readonly trace: readonly string[] } | undefined
}

/** How a state was first reached: an index into the list of all, and the action. */
type Way = { readonly from: number; readonly action: string }

/**
 * Ends at the first state that breaks an invariant.
 * @param mostStates more would be a model that grew beyond what a test can visit.
 * @throws RangeError if there are more states.
 */
export function explore<S>(model: Model<S>, mostStates = 2_000_000): Explored {
  const seen = new Set<string>([model.key(model.initial)])
  const ways: Way[] = [{ from: -1, action: '' }]
  const checks = Object.entries(model.invariants)
  const brokenBy = (state: S): string | undefined => checks.find(([, holds]) => !holds(state))?.[0]
  const broken = (invariant: string, at: number, depth: number): Explored => ({
    states: seen.size,
    depth,
    broken: { invariant, trace: traceTo(ways, at) },
  })
  const first = brokenBy(model.initial)
  if (first !== undefined) return broken(first, 0, 0)
  let level: (readonly [at: number, state: S])[] = [[0, model.initial]]
  let depth = 0
  for (;;) {
    const following: typeof level = []
    for (const [from, state] of level)
      for (const [action, next] of model.next(state)) {
        const key = model.key(next)
        if (seen.has(key)) continue
        if (seen.size >= mostStates) throw new RangeError(`more than ${mostStates} states`)
        seen.add(key)
        const at = ways.push({ from, action }) - 1
        const invariant = brokenBy(next)
        if (invariant !== undefined) return broken(invariant, at, depth + 1)
        following.push([at, next])
      }
    if (following.length === 0) return { states: seen.size, depth, broken: undefined }
    level = following
    depth++
  }
}

function traceTo(ways: readonly Way[], last: number): readonly string[] {
  const trace: string[] = []
  for (let at = last; at > 0; ) {
    const way = ways[at]
    if (way === undefined) break
    trace.push(way.action)
    at = way.from
  }
  return trace.reverse()
}
