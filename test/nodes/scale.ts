/**
 * How much these tests do: `npm run test:nodes` runs all of it, the deep tests a short part of each
 * scenario.
 */
export const isFullRun = process.env.HOLDFAST_TEST_NODES === 'full'

/** The number for a full run, or the one for the deep tests. */
export function scaled({ full, short }: { readonly full: number; readonly short: number }): number {
  return isFullRun ? full : short
}
