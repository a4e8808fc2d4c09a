/** Defects that the simulation must find, each put in at a seam. */
import { versionOf } from '../../src/domain/rows.ts'
import type { Journal } from '../../src/ports/journal.ts'
import type { StoreWriter } from '../../src/ports/store.ts'
import type { Mutant } from './world.ts'

/** Some methods of a store are others. */
function changed(
  store: StoreWriter,
  others: Partial<Pick<StoreWriter, 'begin' | 'commit' | 'rollback'>>,
): StoreWriter {
  return {
    begin: others.begin ?? ((plan) => store.begin(plan)),
    row: (table, id) => store.row(table, id),
    scan: (table, afterId, limit) => store.scan(table, afterId, limit),
    apply: (writes) => store.apply(writes),
    commit: others.commit ?? ((group, head) => store.commit(group, head)),
    commitAlone: () => store.commitAlone(),
    rollback: others.rollback ?? (() => store.rollback()),
    eraseDeleted: () => store.eraseDeleted(),
    close: () => store.close(),
  }
}

/** Rows of some tables seem to be as they were when a call was decided. */
function trusting(
  store: StoreWriter,
  isTrusted: (table: string, isOfOther: boolean) => boolean,
): StoreWriter {
  return changed(store, {
    async begin(plan) {
      const start = await store.begin(plan)
      const versions = plan.rows.map(([table, id, version], i) =>
        isTrusted(table, id !== plan.log) ? version : (start.versions[i] ?? versionOf(undefined)),
      )
      return { ...start, versions }
    },
  })
}

/** A commit seems to be done when it is sent; what becomes of it is not waited for. */
function hasty(store: StoreWriter): StoreWriter {
  let underWay: Promise<unknown> = Promise.resolve()
  return changed(store, {
    async begin(plan) {
      await underWay
      return store.begin(plan)
    },
    async commit(group, head) {
      underWay = store.commit(group, head).catch(() => store.rollback())
    },
  })
}

function believing(journal: Journal): Journal {
  return {
    decidingNow: () => journal.decidingNow(),
    agreedNow: () => journal.agreedNow(),
    submit: (submission, done) =>
      journal.submit(submission, (receipt) => done(receipt === 'unknown' ? 'recorded' : receipt)),
  }
}

export const mutants: Readonly<Record<string, Mutant>> = {
  'a store that grants every lock': { grantsAllLocks: true },
  'a writer that skips the second decision': {
    storeOf: (store) => trusting(store, (table) => table !== 'ledgers' && table !== 'epochs'),
  },
  'a writer that does not look at the epoch': {
    storeOf: (store) => trusting(store, (table) => table === 'epochs'),
  },
  'an answer before the commit': { storeOf: hasty },
  'a journal that takes unknown for recorded': { journalOf: believing },
}

/** Defects that show only when several faults coincide: found within more seeds. */
export const rareMutants: Readonly<Record<string, Mutant>> = {
  'a writer that does not look at the other logs of its node': {
    storeOf: (store) => trusting(store, (table, isOfOther) => table === 'ledgers' && isOfOther),
  },
}
