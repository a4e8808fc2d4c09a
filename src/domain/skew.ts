/**
 * How far two correct clocks may differ, and what follows for anything that carries the instant at
 * which it was made.
 */

/**
 * Milliseconds. NTP keeps machines within a fraction of a second; this also tolerates a step of a
 * machine that was slightly off.
 */
export const clockSkewMs = 300_000

/**
 * How far the clock of a node may be from that of the database before it stops writing. NTP keeps
 * both within milliseconds.
 */
export const toleratedSkewMs = 5000

/**
 * Whether something was made by a clock that ran ahead: its instant is in the future. Such a token
 * or session is refused, since it would outlive its time by as much as that clock was wrong.
 * @param madeAt and @param now milliseconds since 1970.
 */
export function isMadeAhead(madeAt: number, now: number): boolean {
  return madeAt > now + clockSkewMs
}
