/** Whether other nodes of the deployment go on while the schema changes. */
import { silentMs } from '../../domain/levels.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import type { Step } from '../steps.ts'
import type { Session } from './session.ts'

/**
 * What is read here decides about nothing but the moment of a change, so it is not verified.
 * @param steps that are to be run.
 * @param node ID of this one, if it has run before.
 * @throws StoreUnavailable that names nodes which have to be stopped first.
 */
export async function checkOthers(
  session: Session,
  steps: readonly Step[],
  node: string | undefined,
): Promise<void> {
  if (steps.every(({ others }) => others === 'go on')) return
  if (!(await hasNodes(session))) return
  const present = await session.rows(
    `SELECT id, address FROM nodes WHERE stopped_at IS NULL AND id <> $1
       AND seen_at + ${silentMs} > (extract(epoch FROM clock_timestamp()) * 1000)::bigint ORDER BY seen_at DESC LIMIT 20`,
    [node ?? '-'],
  )
  if (present.length === 0) return
  const named = present.map(([id, address]) => `${id} (${address})`).join(', ')
  throw new StoreUnavailable(
    `the schema has to change in a way that running nodes of the release before do not survive: stop ${named}, then start this one; nothing was changed`,
  )
}

async function hasNodes(session: Session): Promise<boolean> {
  const [found] = await session.rows("SELECT to_regclass('nodes')::text")
  return found?.[0] !== null
}
