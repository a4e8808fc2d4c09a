/**
 * The schema is verified like data: what the store contains is compared with what the schema steps
 * make, no matter who changed it.
 */

import type { SchemaFault } from '../ports/store.ts'

/**
 * A table, column, index, trigger, ... of a store, with its definition in a form in which two
 * schemas can be compared.
 */
export type SchemaObject = {
  readonly kind: string
  readonly name: string
  readonly definition: string
  /** Whether a step that only adds may have made it. */
  readonly isAddition?: boolean
}

/** Whether a later step that only adds may have made an object, or added to it. */
export type IsAddition = (found: SchemaObject, expected: SchemaObject | undefined) => boolean

/** Called with the steps that a store has seen, and those that this release knows. */
export type OnSchemaFound = (from: number, to: number) => void

/** The schema is not the one that Holdfast made: nothing in it can be relied on. */
export class SchemaAltered extends Error {
  constructor(faults: readonly SchemaFault[]) {
    const shown = faults.slice(0, faultsShown).map(({ text }) => text)
    const more = faults.length > shown.length ? `; and ${faults.length - shown.length} more` : ''
    super(
      `the schema of the database was changed: ${shown.join('; ')}${more}. Find out who did this, ` +
        'then drop the foreign objects, or restore a backup; nothing was changed',
    )
  }
}

const faultsShown = 5
const longestName = 80
const acting: ReadonlySet<string> = new Set(['trigger', 'rule', 'policy'])

/** The most significant kinds first. */
const telling: readonly string[] = [...acting, 'view', 'table']

function rank({ kind }: SchemaObject): number {
  const at = telling.indexOf(kind)
  return at === -1 ? telling.length : at
}

/**
 * All differences, the most significant first.
 * @param isAccepted which of them are what a later release adds.
 */
export function schemaFaults(
  expected: readonly SchemaObject[],
  found: readonly SchemaObject[],
  isAccepted: IsAddition = () => false,
): SchemaFault[] {
  const made = new Map(expected.map((object) => [keyOf(object), object]))
  const present = new Set(found.map(keyOf))
  const faults = [
    ...found.flatMap((object) => {
      const own = made.get(keyOf(object))
      if (own?.definition === object.definition || isAccepted(object, own)) return []
      return [
        {
          object,
          wrong: own === undefined ? 'was not made by Holdfast' : 'is not as Holdfast made it',
        },
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

/**
 * The name was chosen by the creator of the object: it is quoted, so that a line stays one line.
 */
function fault({ kind, name }: SchemaObject, wrong: string): SchemaFault {
  return {
    text: `the ${kind} ${JSON.stringify(name.slice(0, longestName))} ${wrong}`,
    acts: acting.has(kind),
  }
}
