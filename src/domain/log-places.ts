/**
 * Where a search of all logs continues: for each log the number of its records that are still to be
 * looked at, as a text that callers return. Logs without any are left out.
 */

/** Checks the form alone: any such text is a place to search from. */
export const placesPattern = '^[0-9a-z-]{1,40}:[0-9]{1,15}(,[0-9a-z-]{1,40}:[0-9]{1,15})*$'

export function placesText(places: ReadonlyMap<string, number>): string | null {
  const left = [...places].filter(([, position]) => position > 0)
  return left.length === 0 ? null : left.map(([log, position]) => `${log}:${position}`).join(',')
}

/** @param text of the form of `placesPattern`. */
export function placesIn(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split(',').map((one) => {
      const [log = '', position] = one.split(':')
      return [log, Number(position)] as const
    }),
  )
}
