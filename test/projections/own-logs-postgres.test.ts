/**
 * A node that follows its own logs, over PostgreSQL, where groups of several lanes are under way at
 * once.
 *
 * @deep
 */
import { after, before, describe } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { PostgresServer, withoutPostgres } from '../fakes/postgres.ts'
import { followsOwnLogs } from './own-logs.ts'

describe('over a server', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())

  followsOwnLogs(
    'PostgreSQL',
    async () => {
      const url = await server.database()
      await migratePostgres(url, { auditLeaf: legacyLeaf, leafGroup: packed })
      const writers: PostgresWriter[] = []
      const reader = new PostgresReader(url)
      return {
        store() {
          const writer = new PostgresWriter(url)
          writers.push(writer)
          return writer
        },
        reader,
        isShared: true,
        async close() {
          for (const one of [reader, ...writers]) one.close()
        },
      }
    },
    6,
  )
})
