/** A node that follows its own logs, over SQLite. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { packed } from '../../src/audit/leaf-groups.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { followsOwnLogs } from './own-logs.ts'

followsOwnLogs(
  'SQLite',
  async () => {
    const folder = newFolder()
    const file = join(folder, 'holdfast.db')
    migrateSqlite(file, { auditLeaf: legacyLeaf, leafGroup: packed })
    const writers: SqliteWriter[] = []
    const reader = new SqliteReader(file)
    return {
      store() {
        const writer = new SqliteWriter(file)
        writers.push(writer)
        return writer
      },
      reader,
      isShared: false,
      async close() {
        for (const one of [reader, ...writers]) one.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
  3,
)
