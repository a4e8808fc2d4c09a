/** Reads of a node, each of one committed state. */
import type { Row } from '../../../src/domain/rows.ts'
import { partsOfKey, type TableName } from '../../../src/domain/tables.ts'
import type {
  DueAfter,
  DueKind,
  DuePosition,
  KeyPart,
  LeafGroup,
  OrderedBy,
  StoredGrants,
  StoredKey,
  StoreReader,
} from '../../../src/ports/store.ts'
import type { AnyRow, State } from './database.ts'
import { Link, type LinkParts } from './links.ts'

type Values = Readonly<Record<string, unknown>>

const dueColumns = {
  rotations: ['keys', 'nextRotationAt'],
  expired: ['keys', 'materialExpiresAt'],
  deletions: ['keys', 'deletionAt'],
  tokens: ['importTokens', 'expiresAt'],
  sessions: ['sessions', 'expiresAt'],
} as const satisfies Readonly<Record<DueKind, readonly [TableName, string]>>

function all<T extends TableName>(state: State, table: T): Row<T>[] {
  const rows = [...(state.tables.get(table)?.values() ?? [])]
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)) as unknown as Row<T>[]
}

/** Some rows in the order of one of their numbers. */
function ordered<T extends TableName>(rows: readonly Row<T>[], field: string): Row<T>[] {
  const of = (row: Row<T>): number => Number((row as unknown as Values)[field])
  return rows.toSorted((a, b) => of(a) - of(b))
}

/** What the nodes of a simulation read; other reads are not there. */
type Reads = Pick<
  StoreReader,
  | 'row'
  | 'rows'
  | 'key'
  | 'grants'
  | 'partsOfKey'
  | 'keyOfAlias'
  | 'keyOfAssociation'
  | 'importTokens'
  | 'due'
  | 'rowsBelow'
  | 'leafGroups'
  | 'scan'
  | 'close'
>

export class SimulatedReader implements Reads {
  readonly #link: Link
  readonly #parts: LinkParts

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#link = new Link(parts)
  }

  /** With every other method of the interface missing: nothing here calls them. */
  get whole(): StoreReader {
    return this as unknown as StoreReader
  }

  row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.#read('row', (state) => rowIn(state, table, id))
  }

  rows<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    return this.#read('rows', (state) => ids.flatMap((id) => rowIn(state, table, id) ?? []))
  }

  key(id: string): Promise<StoredKey | undefined> {
    return this.#read('key', (state) => {
      const key = rowIn(state, 'keys', id)
      const versions = all(state, 'keyVersions').filter(({ keyId }) => keyId === id)
      return key && { key, versions: ordered<'keyVersions'>(versions, 'version') }
    })
  }

  grants(keyId: string): Promise<StoredGrants> {
    return this.#read('grants', (state) => ({
      list: rowIn(state, 'grantLists', keyId),
      grants: ordered<'keyGrants'>(
        all(state, 'keyGrants').filter((grant) => grant.keyId === keyId),
        'createdAt',
      ),
    }))
  }

  partsOfKey(keyId: string): Promise<KeyPart[]> {
    return this.#read('parts', (state) =>
      [...partsOfKey].flatMap(([table, by]) =>
        all(state, table)
          .filter((row) => (row as unknown as Values)[by] === keyId)
          .map((row) => ({ table, ...(row as unknown as AnyRow) })),
      ),
    )
  }

  keyOfAlias(projectId: string, alias: string): Promise<string | undefined> {
    return this.#read(
      'alias',
      (state) =>
        all(state, 'keys').find((key) => key.projectId === projectId && key.alias === alias)?.id,
    )
  }

  keyOfAssociation(association: Uint8Array): Promise<string | undefined> {
    const hex = association.toHex()
    return this.#read(
      'association',
      (state) => all(state, 'keys').find((key) => key.association?.toHex() === hex)?.id,
    )
  }

  importTokens(keyId: string): Promise<Row<'importTokens'>[]> {
    return this.#read('tokens', (state) =>
      ordered<'importTokens'>(
        all(state, 'importTokens').filter((token) => token.keyId === keyId),
        'createdAt',
      ),
    )
  }

  due(
    what: DueKind,
    now: number,
    after: DueAfter | null,
    limit: number,
  ): Promise<readonly DuePosition[]> {
    const [table, column] = dueColumns[what]
    return this.#read(`due ${what}`, (state) => {
      if (after !== null) throw new TypeError('there are fewer rows than fit on a page')
      const found = all(state, table).flatMap((row) => {
        const at = (row as unknown as Values)[column]
        return typeof at === 'number' && at <= now ? [{ at, id: String((row as Values).id) }] : []
      })
      return found.toSorted((a, b) => a.at - b.at).slice(0, limit)
    })
  }

  rowsBelow<T extends keyof OrderedBy>(
    table: T,
    field: OrderedBy[T],
    bound: number,
    limit: number,
  ): Promise<readonly Row<T>[]> {
    return this.#read('rows below', (state) =>
      ordered<T>(
        all(state, table).filter((row) => Number((row as unknown as Values)[field]) < bound),
        field,
      ).slice(0, limit),
    )
  }

  leafGroups(log: string, from: number, to: number): Promise<readonly LeafGroup[]> {
    return this.#read('groups', (state) => groupsIn(state, log, from, to))
  }

  scan<T extends TableName>(
    table: T,
    afterId: string | null,
    limit: number,
  ): Promise<readonly Row<T>[]> {
    return this.#read('scan', (state) =>
      all(state, table)
        .filter((row) => afterId === null || String((row as Values).id) > afterId)
        .slice(0, limit),
    )
  }

  close(): void {
    this.#link.drop()
  }

  async #read<R>(name: string, of: (state: State) => R): Promise<R> {
    await this.#link.open()
    const { database } = this.#parts
    const found = await this.#link.ask<{ value: R }>(`read ${name}`, (answer) =>
      answer({ value: of(database.state) }),
    )
    return found.value
  }
}

export function rowIn<T extends TableName>(state: State, table: T, id: string): Row<T> | undefined {
  return state.tables.get(table)?.get(id) as Row<T> | undefined
}

/** The groups that hold records from a place up to another, or the first one after them. */
function groupsIn(state: State, log: string, from: number, to: number): readonly LeafGroup[] {
  const groups = state.groups.get(log) ?? []
  const reaching = groups.filter(
    ({ firstIndex, count }) => firstIndex < to && firstIndex + count > from,
  )
  return reaching.length > 0 ? reaching : groups.filter((one) => one.firstIndex >= to).slice(0, 1)
}

/** Reads a state that nobody changes, at once. */
export function readerOf(state: State): Pick<StoreReader, 'leafGroups' | 'scan'> {
  return {
    leafGroups: async (log, from, to) => groupsIn(state, log, from, to),
    scan: async (table, afterId, limit) =>
      all(state, table)
        .filter((row) => afterId === null || String((row as Values).id) > afterId)
        .slice(0, limit),
  }
}
