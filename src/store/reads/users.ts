/** Users by name, and the counts of failed sign-ins. */
import type { Row, UserRow } from '../../domain/rows.ts'
import { type Builder, bound, selectRows } from '../queries.ts'
import { fixed, fixedRowsOf, numberOf, type Read, rowsOf } from './read.ts'

const named = fixed((db) => selectRows(db, 'users').where('name', '=', bound).limit(bound))
const namedInProject = fixed((db) =>
  selectRows(db, 'users').where('projectId', '=', bound).where('name', '=', bound),
)

export function* userNamed(
  db: Builder,
  projectId: string,
  name: string,
): Read<UserRow | undefined> {
  return (yield* fixedRowsOf('users', namedInProject(db), projectId, name))[0]
}

/** Unordered, so that no more of them are read than requested. */
export function usersNamed(db: Builder, name: string, limit: number): Read<UserRow[]> {
  return fixedRowsOf('users', named(db), name, limit)
}

/** The lowest counts beyond a limit, and among them the oldest. */
export function* leastFailures(
  db: Builder,
  kept: number,
  limit: number,
): Read<Row<'signInFailures'>[]> {
  const beyond =
    (yield* numberOf(db.selectFrom('signInFailures').select(db.fn.countAll().as('n')))) - kept
  if (beyond <= 0) return []
  const query = selectRows(db, 'signInFailures').orderBy('count').orderBy('lastAt')
  return yield* rowsOf('signInFailures', query.limit(Math.min(beyond, limit)))
}
