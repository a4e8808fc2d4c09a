/**
 * A cache of opened and verified rows. It may be outdated: the writer checks whether its rows are
 * still current.
 */
export interface Source<V> {
  /** The cached value; undefined says nothing about whether the row exists. */
  peek(id: string): V | undefined
  /**
   * Loads the row unless it is cached.
   * @returns undefined if it does not exist.
   * @throws KmsError stored-record-corrupt.
   */
  load(id: string): Promise<V | undefined>
  /** Drops it from the cache, so that the next load reads the store. */
  drop(id: string): void
}
