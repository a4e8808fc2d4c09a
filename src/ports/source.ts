/**
 * Rows opened and verified, kept near. What it holds may be behind: the writer decides whether it
 * still stands.
 */
export interface Source<V> {
  /** What is at hand now; undefined says nothing about whether it exists. */
  peek(id: string): V | undefined
  /**
   * Loads afresh unless it is at hand.
   * @returns undefined when there is none.
   * @throws KmsError stored-record-corrupt.
   */
  load(id: string): Promise<V | undefined>
  /** Forgets it, so that the next load reads the store. */
  drop(id: string): void
}
