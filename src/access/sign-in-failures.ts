/** Failed sign-ins by user and by address, kept in the store: a restart forgets none, and every thread and node sees the same. */
import { hash, type KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../crypto/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import type { Row, RowWrite } from '../domain/rows.ts'
import type { Journal, Receipt } from '../ports/journal.ts'
import type { StoreReader } from '../ports/store.ts'

/** Tries that are free of waiting; each further one doubles the wait. */
const freeTries = 4
const longestWaitMs = 900_000
/** After so long without a failure, all of them are forgotten. */
export const failuresKeptMs = 86_400_000
/** A count that others change at the same time is read again so often. */
const attempts = 20

export type SignInFailuresParts = {
  readonly reader: StoreReader
  readonly journal: Journal
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
}

type FailureRow = Row<'signInFailures'>

export class SignInFailures {
  readonly #parts: SignInFailuresParts

  constructor(parts: SignInFailuresParts) {
    this.#parts = parts
  }

  /** Whether one of these places has to wait. */
  async mustWait(places: readonly string[]): Promise<boolean> {
    const now = this.#parts.journal.now()
    const rows = await Promise.all(places.map((place) => this.#row(place)))
    return rows.some((row) => row !== undefined && now < row.until)
  }

  /** Returns once the failure is on the disk. @throws KmsError audit-unavailable, busy. */
  fail(places: readonly string[]): Promise<void> {
    const { rowMac, journal } = this.#parts
    return this.#change(places, (id, row) => {
      const now = journal.now()
      const before = row === undefined || now - row.lastAt > failuresKeptMs ? 0 : row.count
      const count = before + 1
      const wait = count < freeTries ? 0 : Math.min(longestWaitMs, 1000 * 2 ** Math.min(30, count - freeTries))
      const values = { count, until: now + wait, lastAt: now }
      return row === undefined
        ? insertRow(rowMac, 'signInFailures', { id, ...values })
        : updateRow(rowMac, 'signInFailures', row, values)
    })
  }

  /** A right password forgets what was counted. @throws KmsError audit-unavailable, busy. */
  forget(places: readonly string[]): Promise<void> {
    return this.#change(places, (_, row) => row && deleteRow('signInFailures', row))
  }

  async #change(
    places: readonly string[],
    change: (id: string, row: FailureRow | undefined) => RowWrite | undefined,
  ): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const writes: RowWrite[] = []
      for (const place of places) {
        const write = change(idOf(place), await this.#row(place))
        if (write !== undefined) writes.push(write)
      }
      if (writes.length === 0) return
      const receipt = await this.#submit(writes)
      if (receipt === 'recorded') return
      if (receipt === 'unavailable') throw new KmsError('audit-unavailable', 'a sign-in cannot be counted, so nobody is let in')
    }
    throw new KmsError('busy', 'too many sign in at once; try again in a moment')
  }

  #submit(writes: readonly RowWrite[]): Promise<Receipt> {
    const submission = { entry: null, guards: [], notAfter: null, writes, erases: false }
    return new Promise((resolve) => this.#parts.journal.submit(submission, resolve))
  }

  async #row(place: string): Promise<FailureRow | undefined> {
    const row = await this.#parts.reader.row('signInFailures', idOf(place))
    if (row !== undefined) verifyRow(this.#parts.rowMac, 'signInFailures', row)
    return row
  }
}

/** Neither names nor addresses of strangers are kept. */
function idOf(place: string): string {
  return hash('sha256', place, 'hex')
}
