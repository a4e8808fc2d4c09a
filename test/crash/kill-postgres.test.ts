/**
 * The same kills with PostgreSQL as the store.
 *
 * @deep
 */
import { after, before, describe } from 'node:test'
import { connect, type Sql } from '../../src/store/postgres/connection.ts'
import { PostgresServer, withoutPostgres } from '../fakes/postgres.ts'
import { killUnderLoad } from './kill-under-load.ts'

describe('on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  let url = ''
  let sql: Sql
  before(async () => {
    server = await PostgresServer.start()
    url = await server.database()
    sql = connect(url, { connections: 1 })
  })
  after(async () => {
    await sql.end()
    await server.stop()
  })
  killUnderLoad(1, {
    url: () => url,
    select: async (text) => [...(await sql.unsafe(text))] as Record<string, unknown>[],
  })
})
