/** A newer release has changed the schema: it may contain what this release would damage. */
export class SchemaTooNew extends Error {
  /**
   * @param where the file or database.
   * @param seen number of steps that it has seen, `known` of those that this release knows.
   */
  static of(where: string, seen: number, known: number): SchemaTooNew {
    return new SchemaTooNew(
      `${where} was written by a newer Holdfast (schema ${seen}, this one knows ${known}); nothing was changed`,
    )
  }
}
