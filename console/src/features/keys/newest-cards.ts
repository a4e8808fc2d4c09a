/** Keys that were selected, each as it was seen last. */

/** What tells an older card of a key from a newer one. */
type Card = { readonly id: string; readonly revision: number }

/**
 * Replaces the cards of those that are listed; the others stay, and so does a card that is newer
 * than that of the list.
 * @param selected by ID.
 */
export function withNewest<C extends Card>(
  selected: ReadonlyMap<string, C>,
  listed: readonly C[],
): ReadonlyMap<string, C> {
  const next = new Map(selected)
  for (const card of listed) {
    const known = next.get(card.id)
    if (known !== undefined && card.revision >= known.revision) next.set(card.id, card)
  }
  return next
}
