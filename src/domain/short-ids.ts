/**
 * IDs cut short: how lists show them, and what stands for one in a search. Pure, and for browsers
 * as well.
 */

/** An ID as lists show it: its beginning and its end. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 8)}\u2026${id.slice(-4)}` : id
}

/** Characters of an ID that have to be given to look for it by its beginning. */
export const idBeginning = 4

/**
 * Whether a text stands for an ID: the whole of it, its beginning, or its short form, also with
 * three dots.
 */
export function standsFor(text: string, id: string): boolean {
  if (text === id) return true
  const [start = '', end = ''] = partsOfShort(text)
  return start.length >= idBeginning && id.startsWith(start) && id.endsWith(end)
}

/**
 * Whether one of some texts stands for an ID: they are taken apart once, for as many IDs as there
 * are.
 */
export function idsMeant(texts: readonly string[]): (id: string) => boolean {
  const whole = new Set(texts)
  const cut = [...whole].map(partsOfShort).filter(([start = '']) => start.length >= idBeginning)
  return (id) =>
    whole.has(id) || cut.some(([start = '', end = '']) => id.startsWith(start) && id.endsWith(end))
}

/** Whether a text has the form of what stands for an ID. */
export function mayStandForId(text: string): boolean {
  const [start = '', end = ''] = partsOfShort(text)
  return start.length >= idBeginning && /^[0-9a-f-]+$/.test(start) && /^[0-9a-f]*$/.test(end)
}

/** Beginning and, of a short form, end of the IDs that a text stands for. */
export function partsOfShort(text: string): readonly string[] {
  return text.split(/\u2026|\.{3}/, 2)
}
