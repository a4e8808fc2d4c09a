/**
 * How statements were sent before a flight of them had one end: each is a query of the client, with
 * an end and an answer of its own. Kept to compare with.
 */
import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Answer } from '../../src/store/postgres/flight.ts'
import { parserOf } from '../../src/store/postgres/session.ts'
import type { Statement } from '../../src/store/postgres/statements.ts'
import type { Value } from '../../src/store/reads/read.ts'

export class SessionBefore {
  readonly #client: pg.Client
  readonly #names = new Map<string, string>()

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async open(url: string): Promise<SessionBefore> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'holdfast',
      pipeline: true,
      types: { getTypeParser: parserOf },
    })
    await client.connect()
    return new SessionBefore(client)
  }

  /** @throws Error of the first statement that fails. */
  async flight(statements: readonly Statement[]): Promise<Answer[]> {
    const { stream } = this.#client.connection
    stream.cork()
    const sent = statements.map((statement) => this.#send(statement))
    stream.uncork()
    return Promise.all(sent)
  }

  close(): void {
    void this.#client.end()
  }

  async #send({ text, parameters = [], named, settings }: Statement): Promise<Answer> {
    const result = await this.#client.query<Value[]>({
      text: settings === undefined ? text : `${text}; ${settings.text}`,
      ...(named === true && { name: this.#nameOf(text) }),
      ...(parameters.length > 0 && { values: [...parameters] }),
      rowMode: 'array',
    })
    return { rows: result.rows ?? [], count: result.rowCount ?? 0, command: result.command }
  }

  #nameOf(text: string): string {
    const known =
      this.#names.get(text) ?? `h_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    this.#names.set(text, known)
    return known
  }
}
