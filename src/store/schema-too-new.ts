/** What a start makes of a schema that is not the expected one. */
import type { SchemaFault } from '../ports/store.ts'
import { SchemaAltered } from './schema.ts'

/** A newer release has changed the schema: it may contain what this release would damage. */
export class SchemaTooNew extends Error {}

/**
 * @param where the file or database.
 * @param steps numbers of those that it has seen, and of those that this release knows; whether one
 * has begun and not ended.
 * @throws SchemaTooNew if later steps may explain what is wrong, otherwise SchemaAltered.
 */
export function checkFaults(
  where: string,
  faults: readonly SchemaFault[],
  steps: { readonly seen: number; readonly known: number; readonly isUnderWay: boolean },
): void {
  if (faults.length === 0) return
  const { seen, known, isUnderWay } = steps
  // The steps that a later release has run, or has begun.
  const later = seen >= known && isUnderWay ? known + 1 : seen
  if (later > known && faults.some(({ acts }) => !acts))
    throw new SchemaTooNew(
      `${where} was written by a newer Holdfast (schema ${later}, this one knows ${known}); nothing was changed`,
    )
  throw new SchemaAltered(faults)
}
