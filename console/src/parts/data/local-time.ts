/** Instants in the time zone of the browser, as its fields for a date and a time hold them. */
import { calendarFault, isDate, latestInstant } from '../../../../src/domain/instants.ts'

/** What `<input type="datetime-local">` takes. */
export function localInput(at: number): string {
  if (!isDate(at)) return ''
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/**
 * What was chosen in `<input type="datetime-local">`, in the time zone of the browser. Undefined
 * for nothing, for a day that its month does not have, and for an hour that the clocks leave out in
 * spring; an instant after the year 9999 is one.
 */
export function localInstant(text: string): number | undefined {
  const at = Date.parse(text)
  if (at > latestInstant) return at
  return calendarFault(text) === undefined && localInput(at) === text.slice(0, 16) ? at : undefined
}
