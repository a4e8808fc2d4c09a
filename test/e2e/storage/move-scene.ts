/** A deployment in the file of a server that is stopped, to be moved to PostgreSQL. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import nodeFlags from '../../../bin/node-flags.json' with { type: 'json' }
import { columnName, tableNames } from '../../../src/domain/tables.ts'
import { AuditCheck, snapshotOf } from '../../crash/audit-check.ts'
import { type Failing, hooksModule } from '../../fakes/hooks.ts'
import { PostgresServer, Sql } from '../../fakes/postgres.ts'
import { HuaweiClient, readCredentials } from '../client.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

type Row = Record<string, unknown>
type Select = (sql: string) => Promise<Row[]>

/** @property code the exit code, or the signal that ended it. */
type Ended = {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

type Encrypted = readonly [ciphertext: string, plaintext: string]

export class MoveScene {
  readonly postgres: PostgresServer
  readonly #template: string
  readonly #ciphertexts: readonly Encrypted[]
  readonly #folders: string[]

  private constructor(
    postgres: PostgresServer,
    template: string,
    ciphertexts: readonly Encrypted[],
  ) {
    this.postgres = postgres
    this.#template = template
    this.#ciphertexts = ciphertexts
    this.#folders = [template]
  }

  /** @param size how many keys it has, and how many calls it has recorded, at least. */
  static async start({ keys, calls }: { keys: number; calls: number }): Promise<MoveScene> {
    const postgres = await PostgresServer.start()
    const data = newFolder()
    const server = await TestServer.start({ data })
    const client = server.client()
    const [id = ''] = await Promise.all(Array.from({ length: keys }, () => client.createKey()))
    const own = await client.createKey({ origin: 'external' })
    await client.import(own, randomBytes(32))
    const grant = { key_id: id, grantee_principal: 'someone', operations: ['encrypt-data'] }
    await client.ok('create-grant', grant)
    const ciphertexts = [
      [await client.encrypt(id, 'generated'), 'generated'],
      [await client.encrypt(own, 'imported'), 'imported'],
    ] as const
    await Promise.all(Array.from({ length: calls }, () => client.encrypt(id, 'x')))
    client.close()
    await until(async () => (await server.select('SELECT 1 FROM key_uses')).length > 0, 20_000)
    assert.equal(await server.stop(), 0)
    return new MoveScene(postgres, data, ciphertexts)
  }

  /** The folder of the server, in a copy that is removed at the end. */
  folder(): string {
    const data = newFolder()
    cpSync(this.#template, data, { recursive: true })
    this.#folders.push(data)
    return data
  }

  /** The server decrypts what was encrypted before the move. */
  async decrypts({ url }: Pick<TestServer, 'url'>): Promise<void> {
    const client = new HuaweiClient(url, readCredentials(join(this.#template, 'bootstrap.json')))
    for (const [ciphertext, plaintext] of this.#ciphertexts)
      assert.equal(await client.decrypt(ciphertext), plaintext)
    client.close()
  }

  /** A server runs on the folder, decrypts as before, and changes something. */
  async goesOn(data: string): Promise<void> {
    const server = await TestServer.start({ data })
    await this.decrypts(server)
    const client = server.client()
    await client.createKey()
    client.close()
    assert.equal(await server.stop(), 0)
  }

  async stop(): Promise<void> {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
    await this.postgres.stop()
  }
}

/** Runs the command on a folder. */
export function move(
  data: string,
  url: string,
  { failpoint, flags = [] }: { failpoint?: Failing; flags?: readonly string[] } = {},
): Promise<Ended> {
  const hooks = JSON.stringify({ module: hooksModule, data: { failpoint } })
  const command = ['test/fakes/server.ts', hooks, 'move', '--data', data, '--database-url', url]
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...nodeFlags, ...command, ...flags],
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? child.signalCode, stdout, stderr }),
    )
  })
}

/** Another node of the deployment in the database, with a folder of its own. */
export function otherNode(data: string, url: string): Promise<TestServer> {
  const root = `file:${join(data, 'root.key')}`
  return TestServer.start({ flags: ['--database-url', url, '--root', root] })
}

/** Names that the file of a folder has, and what belongs to it. */
export function filesIn(data: string): string[] {
  return readdirSync(data).filter((name) => name.startsWith('holdfast.db'))
}

/** Asks a database on a connection of its own. */
export async function asking<T>(url: string, ask: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = new Sql(url)
  try {
    return await ask(sql)
  } finally {
    await sql.end()
  }
}

/** Reads a file of SQLite. */
export function inFile(file: string): Select {
  return async (sql) => {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      return db.prepare(sql).all()
    } finally {
      db.close()
    }
  }
}

export const storedTables = [...tableNames.map(columnName), 'log_groups']

/** Everything that a store holds: the rows of each table as text, in no order of theirs. */
export async function contentOf(select: Select): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  for (const table of storedTables)
    found.set(table, (await select(`SELECT * FROM ${table}`)).map(textOf).toSorted())
  return found
}

/** The same of a database. */
export function contentAt(url: string): ReturnType<typeof contentOf> {
  return asking(url, (sql) => contentOf((text) => sql.rows(text)))
}

function textOf(row: Row): string {
  const values = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? value.toHex() : value,
  ])
  return JSON.stringify(values.toSorted())
}

/** The logs of a database, and its rows if it is at rest, are as an auditor expects. */
export function audited(data: string, url: string, { withRows = true } = {}): Promise<void> {
  return asking(url, async (sql) => {
    const check = new AuditCheck(
      data,
      snapshotOf(() => sql),
    )
    await (withRows ? check.runWithRows() : check.run())
  })
}
