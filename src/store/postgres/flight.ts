/**
 * Statements that travel together. The client of `pg` ends each statement with a message that makes
 * the server send what it has answered so far: a packet for each, and a turn of this thread for
 * each. Here one such message follows all of them.
 */
import pg from 'pg'
import type { Value } from '../reads/read.ts'
import type { Statement } from './statements.ts'

/** @property command first word of the server's tag, such as COMMIT; `count` rows were affected. */
export type Answer = {
  readonly rows: readonly (readonly Value[])[]
  readonly count: number
  readonly command: string
}

/** The name under which a connection has prepared a statement, or undefined to send it as it is. */
export type NameOf = (statement: Statement) => string | undefined

/**
 * @property answers of the statements before the one that failed, or of all.
 * @property failure undefined if none did.
 */
export type Outcome = {
  readonly answers: readonly Answer[]
  readonly failure: unknown
  readonly isLost: boolean
}

type Fields = { readonly fields: readonly { readonly dataTypeID: number }[] }
type Cells = { readonly fields: readonly (string | null)[] }
type ParserOf = (oid: number) => (text: string) => Value
/** What the types of `pg` say wrongly: nothing else is passed. */
type Sending = {
  parse(statement: { name: string; text: string }): void
  bind(portal: { portal: string; statement: string; values: readonly unknown[] }): void
  describe(portal: { type: 'P'; name: string }): void
  execute(portal: { portal: string; rows: number }): void
  sync(): void
}

/**
 * Several statements as one query of the client. The first one that fails is the last one that is
 * executed.
 */
export class Flight {
  readonly statements: readonly Statement[]
  readonly #nameOf: NameOf
  readonly #prepared: Set<string>
  readonly #parserOf: ParserOf
  /** Names that the server is asked to prepare, in the order of its answers. */
  readonly #preparing: (string | undefined)[] = []
  readonly #ended = Promise.withResolvers<Outcome>()
  #failure: unknown
  #parsers: readonly ((text: string) => Value)[] = []
  #rows: Value[][] = []
  readonly answers: Answer[] = []

  /** @param parts.prepared names that this connection has prepared; added to. */
  constructor(
    statements: readonly Statement[],
    parts: { nameOf: NameOf; prepared: Set<string>; parserOf: ParserOf },
  ) {
    this.statements = statements
    this.#nameOf = parts.nameOf
    this.#prepared = parts.prepared
    this.#parserOf = parts.parserOf
  }

  /** Resolves once the server is ready for more, or the connection is lost. */
  get ended(): Promise<Outcome> {
    return this.#ended.promise
  }

  /** Called by the client when it is this one's turn. */
  submit(connection: pg.Connection): void {
    const to = connection as unknown as Sending
    const asked = new Set<string>()
    for (const statement of this.statements) {
      const name = this.#nameOf(statement)
      if (name === undefined || !(this.#prepared.has(name) || asked.has(name))) {
        to.parse({ name: name ?? '', text: statement.text })
        this.#preparing.push(name)
        if (name !== undefined) asked.add(name)
      }
      to.bind({ portal: '', statement: name ?? '', values: (statement.parameters ?? []).map(sent) })
      to.describe({ type: 'P', name: '' })
      to.execute({ portal: '', rows: 0 })
    }
    to.sync()
  }

  /** Called when the server has parsed the next statement. */
  parsed(): void {
    const name = this.#preparing.shift()
    if (name !== undefined) this.#prepared.add(name)
  }

  handleRowDescription({ fields }: Fields): void {
    this.#parsers = fields.map(({ dataTypeID }) => this.#parserOf(dataTypeID))
  }

  handleDataRow({ fields }: Cells): void {
    const parsers = this.#parsers
    this.#rows.push(fields.map((text, i) => (text === null ? null : (parsers[i] ?? String)(text))))
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const words = text.split(' ')
    const count = Number(words.at(-1))
    this.answers.push({
      rows: this.#rows,
      count: Number.isInteger(count) ? count : 0,
      command: words[0] ?? '',
    })
    this.#rows = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  /** After an error of a statement the server is ready for more; any other one is the end. */
  handleError(error: unknown): void {
    this.#failure ??= error
    if (!(error instanceof pg.DatabaseError)) this.lost()
  }

  /** The connection tells it, because the client forgets a query that failed. */
  handleReadyForQuery(): void {}

  /** Called when the server is ready for more. */
  ready(): void {
    this.#ended.resolve({ answers: this.answers, failure: this.#failure, isLost: false })
  }

  /** Called when the connection is lost. */
  lost(): void {
    const failure = this.#failure ?? new Error('the connection was lost')
    this.#ended.resolve({ answers: this.answers, failure, isLost: true })
  }
}

function sent(value: Value): string | Buffer | null {
  if (value === null || typeof value === 'string') return value
  return typeof value === 'number'
    ? String(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
