/** The verified rows that a request thread caches, and how the caches are notified of changes. */
import {
  type LoadedAccessKey,
  type LoadedProject,
  type LoadedSession,
  type LoadedUser,
  principalLoaders,
} from '../access/principals.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { RowChange, RowReference } from '../domain/rows.ts'
import { type LoadedGrants, loadGrants } from '../engine/access/loaded-grants.ts'
import { type LoadedKey, loadKey } from '../engine/keys/loaded-key.ts'
import type { StoreReader } from '../ports/store.ts'
import { RowCache } from '../runtime/row-cache.ts'

/** How many rows of each kind are cached. */
type Sizes = {
  readonly keys: number
  /** Keys whose grants are cached; a key has up to a hundred. */
  readonly grants: number
  readonly principals: number
}

const usualSizes: Sizes = { keys: 20_000, grants: 2_000, principals: 10_000 }

export type RequestCaches = {
  readonly projects: RowCache<LoadedProject>
  readonly users: RowCache<LoadedUser>
  readonly accessKeys: RowCache<LoadedAccessKey>
  readonly sessions: RowCache<LoadedSession>
  readonly keys: RowCache<LoadedKey>
  readonly grants: RowCache<LoadedGrants>
  /** Called when any thread changed rows: entries older than their revisions are dropped. */
  onChanged(changed: readonly RowChange[]): void
  /** Called when a decision turned out to be based on an outdated row. */
  forget(reference: RowReference): void
  /** Called when nothing that was read before holds any longer. */
  forgetAll(): void
}

export function requestCaches(
  reader: StoreReader,
  keyring: Keyring,
  sizes = usualSizes,
): RequestCaches {
  const loaders = principalLoaders(reader, keyring, () => projects)
  const revision = (value: { readonly row: { readonly revision: number } }): number =>
    value.row.revision
  const projects = new RowCache<LoadedProject>({
    entries: sizes.principals,
    load: loaders.project,
    revision,
  })
  const callers = { entries: sizes.principals, revision, keeps: isEnabled }
  const users = new RowCache<LoadedUser>({ ...callers, load: loaders.user })
  const accessKeys = new RowCache<LoadedAccessKey>({ ...callers, load: loaders.accessKey })
  const sessions = new RowCache<LoadedSession>({
    entries: sizes.principals,
    load: loaders.session,
    revision,
  })
  const keys = new RowCache<LoadedKey>({
    entries: sizes.keys,
    load: (id) => loadKey(reader, projects, id),
    revision,
    dispose: (key) => key.wipe(),
  })
  const grants = new RowCache<LoadedGrants>({
    entries: sizes.grants,
    load: (id) => loadGrants(reader, keys, id),
    revision: (one) => one.revision,
  })
  const byTable = new Map<string, Pick<RowCache<object>, 'invalidate' | 'drop' | 'clear'>>([
    ['projects', projects],
    ['users', users],
    ['accessKeys', accessKeys],
    ['sessions', sessions],
    ['keys', keys],
    ['grantLists', grants],
  ])
  return {
    projects,
    users,
    accessKeys,
    sessions,
    keys,
    grants,
    onChanged(changed) {
      for (const [table, id, now] of changed) byTable.get(table)?.invalidate(id, now)
    },
    forget([table, id]) {
      byTable.get(table)?.drop(id)
    },
    forgetAll() {
      for (const cache of byTable.values()) cache.clear()
    },
  }
}

/**
 * A caller whose row is disabled is refused before anything is checked again, so such a row is read
 * each time: another node may have enabled it.
 */
function isEnabled({ row }: { readonly row: { readonly disabled: number } }): boolean {
  return row.disabled === 0
}
