/**
 * The schema is data too: what the store holds is compared with what the steps of the schema make,
 * whoever changed it.
 */

import type { SchemaFault } from '../ports/store.ts'

/**
 * A table, column, index, trigger, ... of a store, with what defines it in a form that two schemas
 * are compared in.
 */
export type SchemaObject = {
  readonly kind: string
  readonly name: string
  readonly definition: string
}

/** The schema is not the one that Holdfast made: nothing that it holds can be relied on. */
export class SchemaAltered extends Error {
  constructor(faults: readonly SchemaFault[]) {
    const shown = faults.slice(0, faultsShown).map(({ text }) => text)
    const more = faults.length > shown.length ? `; and ${faults.length - shown.length} more` : ''
    super(
      `the schema of the database was changed: ${shown.join('; ')}${more}. Find out who did it, ` +
        'then drop what is strange, or restore a backup; nothing was changed',
    )
  }
}

const faultsShown = 5
const longestName = 80
const acting: ReadonlySet<string> = new Set(['trigger', 'rule', 'policy'])

/** What says most comes first. */
const telling: readonly string[] = [...acting, 'view', 'table']

function rank({ kind }: SchemaObject): number {
  const at = telling.indexOf(kind)
  return at === -1 ? telling.length : at
}

/** What differs, what says most first. */
export function schemaFaults(
  expected: readonly SchemaObject[],
  found: readonly SchemaObject[],
): SchemaFault[] {
  const made = new Map(expected.map((object) => [keyOf(object), object]))
  const present = new Set(found.map(keyOf))
  const faults = [
    ...found.flatMap((object) => {
      const own = made.get(keyOf(object))
      if (own?.definition === object.definition) return []
      return [
        { object, wrong: own === undefined ? 'is not of Holdfast' : 'is not as Holdfast made it' },
      ]
    }),
    ...expected
      .filter((object) => !present.has(keyOf(object)))
      .map((object) => ({ object, wrong: 'is missing' })),
  ]
  return faults
    .toSorted((a, b) => rank(a.object) - rank(b.object))
    .map(({ object, wrong }) => fault(object, wrong))
}

function keyOf({ kind, name }: SchemaObject): string {
  return `${kind} ${name}`
}

/** Names come from whoever made the object: they are quoted, so that a line stays a line. */
function fault({ kind, name }: SchemaObject, wrong: string): SchemaFault {
  return {
    text: `the ${kind} ${JSON.stringify(name.slice(0, longestName))} ${wrong}`,
    acts: acting.has(kind),
  }
}
