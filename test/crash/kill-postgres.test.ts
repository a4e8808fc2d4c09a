/**
 * The same kills with PostgreSQL as the store.
 *
 * @deep
 */
import { after, before, describe } from 'node:test'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'
import { snapshotOf } from './audit-check.ts'
import { killUnderLoad } from './kill-under-load.ts'

describe('on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  let url = ''
  let sql: Sql
  before(async () => {
    server = await PostgresServer.start()
    url = await server.database()
    sql = new Sql(url)
  })
  after(async () => {
    await sql.end()
    await server.stop()
  })
  killUnderLoad(1, {
    url: () => url,
    snapshot: snapshotOf(() => sql),
  })
})
