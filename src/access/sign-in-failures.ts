/**
 * Failed sign-ins, counted in the store: the counts survive a restart, and every thread and node
 * sees the same ones. It also stores the address blocks from which a user has signed in: failures
 * elsewhere do not lock these out.
 */
import { createHmac, type KeyObject } from 'node:crypto'
import { encodeCanonical } from '../crypto/formats/canonical.ts'
import { labels } from '../crypto/formats/labels.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import { failuresKeptMs, type Tried, waitMs } from '../domain/access/sign-in-limits.ts'
import { KmsError } from '../domain/errors.ts'
import type { Row, RowWrite } from '../domain/rows.ts'
import { isMadeAhead } from '../domain/skew.ts'
import { type Journal, submitOwn } from '../ports/journal.ts'
import type { StoreReader } from '../ports/store.ts'
import { addressBlock } from '../wire/addresses.ts'

/** How often an update is retried when others change the same count at the same time. */
const attempts = 20
/** Blocks kept per user; the least recently used one is dropped first. */
const provenPerUser = 16
/** How long a recorded use of a block stays fresh; after that it is recorded again. */
const provenRenewalMs = 86_400_000
const counted = 100

/** A count that a try belongs to. */
export type Count = { readonly id: string; readonly of: Tried }

export type SignInFailuresParts = {
  readonly reader: StoreReader
  readonly journal: Journal
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
}

/** The counts of one try. */
export type Counts = {
  /**
   * Counts that a failure adds to and that delay the try; that of the user in their address block
   * comes first.
   */
  readonly counts: readonly Count[]
  /**
   * Counts whose wait the caller sees: the same for every name, so that the wait does not reveal
   * whose it is.
   */
  readonly shown: readonly Count[]
}

/** Whose password is tried, and from where. */
export type Decision = {
  /** ID of the project, or what the client stated if no project has that name. */
  readonly place: string
  readonly userName: string
  /** Address of the caller. */
  readonly source: string
  /** ID of the user; undefined if no such user exists, which is counted in the same way. */
  readonly userId: string | undefined
}

type FailureRow = Row<'signInFailures'>
type ProvenRow = Row<'provenPlaces'>

export class SignInFailures {
  readonly #parts: SignInFailuresParts

  constructor(parts: SignInFailuresParts) {
    this.#parts = parts
  }

  /**
   * If the user has signed in from this address block before, only their own count there applies:
   * failures elsewhere cannot delay them.
   */
  async countsOf({ place, userName, source, userId }: Decision): Promise<Counts> {
    const block = this.#digest('block', addressBlock(source))
    const user = this.#userCount(place, userName)
    const own: Count = { id: `${user}/${block}`, of: 'user-in-block' }
    const proven =
      userId === undefined ? undefined : await this.#proven(this.#provenId(userId, source))
    const shown: readonly Count[] = [own, { id: user, of: 'user' }, { id: block, of: 'block' }]
    return { counts: proven === undefined ? shown : [own], shown }
  }

  /**
   * The count for tries by a signed-in user, kept per credential: without that credential nobody
   * can add to it.
   */
  countOfSignedIn(userId: string, by: string): readonly Count[] {
    return [{ id: this.#digest('signed-in', userId, by), of: 'user-in-block' }]
  }

  /** How long the counts delay a try, the longest of them: milliseconds, 0 for no delay. */
  async waitMs(counts: readonly Count[]): Promise<number> {
    const now = this.#parts.journal.decidingNow()
    const rows = await Promise.all(counts.map(({ id }) => this.#row(id)))
    const waits = rows.map((row) =>
      row === undefined || isMadeAhead(row.lastAt, now) ? 0 : row.until - now,
    )
    return Math.max(0, ...waits)
  }

  /** Counts a failure. Returns once it is on the disk. @throws KmsError audit-unavailable, busy. */
  fail(counts: readonly Count[]): Promise<void> {
    const { rowMac, journal } = this.#parts
    return this.#change(async () => {
      const writes: RowWrite[] = []
      for (const { id, of } of counts) {
        const row = await this.#row(id)
        const now = journal.decidingNow()
        const isOver =
          row === undefined || now - row.lastAt > failuresKeptMs || isMadeAhead(row.lastAt, now)
        const before = isOver ? 0 : row.count
        const values = { count: before + 1, until: now + waitMs(of, before + 1), lastAt: now }
        writes.push(
          row === undefined
            ? insertRow(rowMac, 'signInFailures', { id, ...values })
            : updateRow(rowMac, 'signInFailures', row, values),
        )
      }
      return writes
    })
  }

  /**
   * A correct password clears the first of the counts and no other, because tries elsewhere still
   * count. The block of the address becomes one of the user's.
   * @throws KmsError audit-unavailable, busy.
   */
  succeed([own]: readonly Count[], userId: string, source: string): Promise<void> {
    return this.#change(async () => {
      const row = own && (await this.#row(own.id))
      const forgotten = row === undefined ? [] : [deleteRow('signInFailures', row)]
      return [...forgotten, ...(await this.#proofOf(userId, source))]
    })
  }

  /**
   * Clears the counts of a signed-in user after a correct password.
   * @throws KmsError audit-unavailable, busy.
   */
  forget(counts: readonly Count[]): Promise<void> {
    return this.#change(async () => {
      const rows = await Promise.all(counts.map(({ id }) => this.#row(id)))
      return rows.flatMap((row) => (row === undefined ? [] : [deleteRow('signInFailures', row)]))
    })
  }

  /** The failures counted for a user, in all blocks, up to a limit per call. */
  async ofUser(place: string, userName: string): Promise<readonly FailureRow[]> {
    const id = this.#userCount(place, userName)
    const total = await this.#row(id)
    const blocks = await this.#parts.reader.scan('signInFailures', `${id}/`, counted)
    return [
      ...(total === undefined ? [] : [total]),
      ...blocks.filter((row) => row.id.startsWith(`${id}/`)),
    ]
  }

  /** Names that look alike share one count: spelling a name differently gives no further tries. */
  #userCount(place: string, userName: string): string {
    return this.#digest('user', place, userName.normalize('NFKC').toLowerCase())
  }

  #provenId(userId: string, source: string): string {
    return `${this.#digest('proven', userId)}/${this.#digest('block', addressBlock(source))}`
  }

  #digest(...what: readonly string[]): string {
    return signInDigest(this.#parts.rowMac, what)
  }

  /** The writes that make a block one of the user's. */
  async #proofOf(userId: string, source: string): Promise<readonly RowWrite[]> {
    const { rowMac, journal, reader } = this.#parts
    const [id, now] = [this.#provenId(userId, source), journal.decidingNow()]
    const known = await this.#proven(id)
    if (known !== undefined)
      return now - known.lastAt < provenRenewalMs
        ? []
        : [updateRow(rowMac, 'provenPlaces', known, { lastAt: now })]
    const [owner = ''] = id.split('/')
    const found = await reader.scan('provenPlaces', `${owner}/`, provenPerUser)
    const own = found
      .filter((row) => row.id.startsWith(`${owner}/`))
      .sort((a, b) => a.lastAt - b.lastAt)
    const [oldest] = own
    const gone =
      oldest !== undefined && own.length === provenPerUser
        ? [deleteRow('provenPlaces', oldest)]
        : []
    return [...gone, insertRow(rowMac, 'provenPlaces', { id, lastAt: now })]
  }

  async #change(decide: () => Promise<readonly RowWrite[]>): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const writes = await decide()
      if (writes.length === 0) return
      const receipt = await submitOwn(this.#parts.journal, { writes })
      if (receipt === 'recorded') return
      if (receipt !== 'stale')
        throw new KmsError('audit-unavailable', 'sign-ins cannot be counted, so none is accepted')
    }
    throw new KmsError('busy', 'too many sign-ins at once; try again shortly')
  }

  async #row(id: string): Promise<FailureRow | undefined> {
    const row = await this.#parts.reader.row('signInFailures', id)
    if (row !== undefined) verifyRow(this.#parts.rowMac, 'signInFailures', row)
    return row
  }

  async #proven(id: string): Promise<ProvenRow | undefined> {
    const row = await this.#parts.reader.row('provenPlaces', id)
    if (row !== undefined) verifyRow(this.#parts.rowMac, 'provenPlaces', row)
    return row
  }
}

/**
 * The first 20 bytes of HMAC-SHA-256 over the canonical list of a label and the parts, in hex.
 * Names and addresses of strangers are not stored, and an unkeyed digest of one could be reversed
 * by trying all candidates.
 */
export function signInDigest(key: KeyObject, parts: readonly string[]): string {
  return createHmac('sha256', key)
    .update(encodeCanonical([labels.signInCount, ...parts]))
    .digest('hex')
    .slice(0, 40)
}
