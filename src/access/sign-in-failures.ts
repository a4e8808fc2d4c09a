/**
 * Failed sign-ins, counted in the store: a restart forgets none, and every thread and node sees the
 * same. Also kept: the address blocks from which a user signed in, which no failure elsewhere shuts
 * out.
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

/** A count that others change at the same time is read again so often. */
const attempts = 20
/** Blocks kept of one user; the one that was not used for longest goes first. */
const provenPerUser = 16
/** A block that is used is written down again after so long. */
const provenRenewalMs = 86_400_000
const counted = 100

/** A count that one try belongs to. */
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
   * Those that a failure adds to and that have it wait, that of the user in their address block
   * first.
   */
  readonly counts: readonly Count[]
  /**
   * Those whose wait the caller hears: the same for every name, so that the wait tells nothing of
   * whose it is.
   */
  readonly shown: readonly Count[]
}

/** Whose password is tried, and from where. */
export type Decision = {
  /** ID of the project, or what the client said where there is none of that name. */
  readonly place: string
  readonly userName: string
  /** Address of the caller. */
  readonly source: string
  /** ID of the user; undefined where there is none: that is counted in the same way. */
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
   * Where the user signed in from that address block before, their own count there is the only one:
   * nobody elsewhere can have them wait.
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
   * The count of tries by somebody who is signed in already, by what let them in: nobody without it
   * adds to it.
   */
  countOfSignedIn(userId: string, by: string): readonly Count[] {
    return [{ id: this.#digest('signed-in', userId, by), of: 'user-in-block' }]
  }

  /** How long the counts have a try wait, the longest of them: milliseconds, 0 for not at all. */
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
   * A right password: forgets what the first of the counts holds and nothing else, for what others
   * tried elsewhere stays tried. The block of the address is one of the user's from now on. @throws
   * KmsError audit-unavailable, busy.
   */
  succeed([own]: readonly Count[], userId: string, source: string): Promise<void> {
    return this.#change(async () => {
      const row = own && (await this.#row(own.id))
      const forgotten = row === undefined ? [] : [deleteRow('signInFailures', row)]
      return [...forgotten, ...(await this.#proofOf(userId, source))]
    })
  }

  /**
   * What makes a right password forget the failures of somebody who is signed in.
   * @throws KmsError audit-unavailable, busy.
   */
  forget(counts: readonly Count[]): Promise<void> {
    return this.#change(async () => {
      const rows = await Promise.all(counts.map(({ id }) => this.#row(id)))
      return rows.flatMap((row) => (row === undefined ? [] : [deleteRow('signInFailures', row)]))
    })
  }

  /** The failures counted for a user, in all blocks: at most some of them at a time. */
  async ofUser(place: string, userName: string): Promise<readonly FailureRow[]> {
    const id = this.#userCount(place, userName)
    const total = await this.#row(id)
    const blocks = await this.#parts.reader.scan('signInFailures', `${id}/`, counted)
    return [
      ...(total === undefined ? [] : [total]),
      ...blocks.filter((row) => row.id.startsWith(`${id}/`)),
    ]
  }

  /** Names that look alike are one: nobody gets more tries by spelling theirs in another way. */
  #userCount(place: string, userName: string): string {
    return this.#digest('user', place, userName.normalize('NFKC').toLowerCase())
  }

  #provenId(userId: string, source: string): string {
    return `${this.#digest('proven', userId)}/${this.#digest('block', addressBlock(source))}`
  }

  #digest(...what: readonly string[]): string {
    return signInDigest(this.#parts.rowMac, what)
  }

  /** The writes after which a block is one of the user's. */
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
      if (receipt === 'unavailable')
        throw new KmsError('audit-unavailable', 'a sign-in cannot be counted, so nobody is let in')
    }
    throw new KmsError('busy', 'too many sign in at once; try again in a moment')
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
 * Neither names nor addresses of strangers are kept, and a digest without a key would be one of few
 * that can be tried out.
 */
export function signInDigest(key: KeyObject, parts: readonly string[]): string {
  return createHmac('sha256', key)
    .update(encodeCanonical([labels.signInCount, ...parts]))
    .digest('hex')
    .slice(0, 40)
}
