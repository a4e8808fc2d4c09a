/**
 * Abbreviated IDs: how lists show them, and which texts match an ID in a search. Pure, and for
 * browsers as well.
 */

/** An ID as lists show it: its start and its end. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 8)}\u2026${id.slice(-4)}` : id
}

/** Minimum number of characters to find an ID by its start. */
export const idBeginning = 4

/**
 * Whether a text matches an ID: as the whole of it, its start, or its short form, also written with
 * three dots.
 */
export function standsFor(text: string, id: string): boolean {
  if (text === id) return true
  const [start = '', end = ''] = partsOfShort(text)
  return start.length >= idBeginning && id.startsWith(start) && id.endsWith(end)
}

/** Whether one of some texts matches an ID: they are parsed once, for any number of IDs. */
export function idsMeant(texts: readonly string[]): (id: string) => boolean {
  const whole = new Set(texts)
  const cut = [...whole].map(partsOfShort).filter(([start = '']) => start.length >= idBeginning)
  return (id) =>
    whole.has(id) || cut.some(([start = '', end = '']) => id.startsWith(start) && id.endsWith(end))
}

/** Whether a text has a form that could match an ID. */
export function mayStandForId(text: string): boolean {
  const [start = '', end = ''] = partsOfShort(text)
  return start.length >= idBeginning && /^[0-9a-f-]+$/.test(start) && /^[0-9a-f]*$/.test(end)
}

/** The start and, for a short form, the end of the IDs that a text matches. */
export function partsOfShort(text: string): readonly string[] {
  return text.split(/\u2026|\.{3}/, 2)
}
