/** Reads from PostgreSQL, on a few connections of its own. */
import type { Database } from '../../ports/database-url.ts'
import type { SchemaFault } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import { driveLater, type Question, type Read } from '../reads/read.ts'
import { type OnUnavailable, Reader } from '../reads/reader.ts'
import type { SchemaObject } from '../schema.ts'
import { expectedSchema, faultsIn } from './schema.ts'
import type { Session } from './session.ts'
import { Sessions } from './sessions.ts'
import { begin, builder, checkRepresentable, commit, type Statement } from './statements.ts'

const connections = 4

export class PostgresReader extends Reader {
  readonly #sessions: Sessions
  readonly #observe: (question: Question) => void
  #expectedSchema: SchemaObject[] | undefined

  /** @param observe called for each query; for tests. */
  constructor(
    database: Database,
    onUnavailable?: OnUnavailable,
    observe: (question: Question) => void = () => {},
  ) {
    super(builder, onUnavailable)
    this.#sessions = new Sessions(database, connections)
    this.#observe = observe
  }

  schemaFaults(): Promise<SchemaFault[]> {
    return this.#noticing((session) => this.#schemaFaults(session))
  }

  close(): void {
    this.#sessions.close()
  }

  /** Each query is a transaction, which travels with it. */
  protected run<R>(read: Read<R>): Promise<R> {
    return driveLater(read, async (question) => {
      const flight = [begin(), this.#statement(question), commit]
      const [, answer] = await this.#noticing((session) => session.flight(flight))
      return answer?.rows ?? []
    })
  }

  protected async snapshot<R>(read: Read<R>): Promise<R> {
    let step = read.next()
    let isBegun = false
    const drive = async (session: Session): Promise<R> => {
      let opening = [begin('REPEATABLE READ, READ ONLY')]
      while (step.done !== true) {
        const answers = await session.flight([...opening, this.#statement(step.value)])
        opening = []
        isBegun = true
        step = read.next(answers.at(-1)?.rows ?? [])
      }
      if (opening.length === 0) await session.flight([commit])
      return step.value
    }
    return this.#noticing(drive, () => !isBegun)
  }

  async #schemaFaults(session: Session): Promise<SchemaFault[]> {
    this.#expectedSchema ??= await expectedSchema(session)
    // A node of a newer release may have started since.
    return faultsIn(session, this.#expectedSchema, migrations.length)
  }

  #statement(question: Question): Statement {
    checkRepresentable(question.parameters)
    this.#observe(question)
    return { text: question.sql, parameters: question.parameters, named: true }
  }

  async #noticing<R>(
    read: (session: Session) => Promise<R>,
    mayRepeat?: () => boolean,
  ): Promise<R> {
    try {
      return await this.#sessions.use(read, mayRepeat)
    } catch (error) {
      throw this.noticed(error)
    }
  }
}
