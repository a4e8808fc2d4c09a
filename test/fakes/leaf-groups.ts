/** Logs as a store holds them, without a store. */
import { type AuditLeaf, packed } from '../../src/audit/leaf-groups.ts'
import type { LeafGroup, StoreReader } from '../../src/ports/store.ts'

/** @param most number of records in a group; a gap ends one too. */
export function groupsOf(log: string, leaves: readonly AuditLeaf[], most = 50): LeafGroup[] {
  const runs: AuditLeaf[][] = []
  for (const one of leaves) {
    const run = runs.at(-1)
    if (run !== undefined && run.length < most && run.at(-1)?.treeIndex === one.treeIndex - 1)
      run.push(one)
    else runs.push([one])
  }
  return runs.map((run) =>
    packed(
      log,
      run[0]?.treeIndex ?? 0,
      run.map(({ leaf }) => leaf),
    ),
  )
}

/** Answers as a store does that holds these groups. */
export function leafGroupsIn(stored: () => readonly LeafGroup[]): StoreReader['leafGroups'] {
  return async (log, from, to) => {
    const groups = stored()
      .filter((group) => group.log === log)
      .toSorted((a, b) => a.firstIndex - b.firstIndex)
    const begins = groups.findLast(({ firstIndex }) => firstIndex <= from)?.firstIndex ?? 0
    const holding = groups.filter(
      ({ firstIndex, count }) =>
        firstIndex >= begins && firstIndex < to && firstIndex + count > from,
    )
    if (holding.length > 0) return holding
    return groups.filter(({ firstIndex }) => firstIndex >= to).slice(0, 1)
  }
}
