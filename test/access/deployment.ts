/**
 * A deployment on real SQLite with its writer, and projects with one user each: what sign-in needs,
 * without a server around it.
 */
import { createSecretKey, hash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sealedHash } from '../../src/access/password-hashes.ts'
import {
  type LoadedProject,
  type LoadedUser,
  principalLoaders,
} from '../../src/access/principals.ts'
import { SignIn } from '../../src/access/sign-in.ts'
import { SignInFailures } from '../../src/access/sign-in-failures.ts'
import { UserLookup } from '../../src/access/user-lookup.ts'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import { Keyring } from '../../src/crypto/keyring.ts'
import { hashOfNobody, hashPassword, verifyPassword } from '../../src/crypto/password.ts'
import type { RowWrite } from '../../src/domain/rows.ts'
import type { Journal, Submission } from '../../src/ports/journal.ts'
import type { PasswordHashes } from '../../src/ports/password-hashes.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { RowCache } from '../../src/runtime/row-cache.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { newDeployment } from '../../src/server/first-start.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { FakeClock } from '../fakes/clock.ts'

export const region = 'local'
/** As little work as Argon2 allows: the tests are about the code around it. */
const cheap = { memoryKib: 32, passes: 1, lanes: 1 }
const revision = (value: { readonly row: { readonly revision: number } }): number =>
  value.row.revision

export type Place = { readonly project: string; readonly user?: string }

export class Deployment {
  readonly clock = new FakeClock(1_800_000_000_000)
  readonly reader: SqliteReader
  readonly keyring: Keyring
  readonly failures: SignInFailures
  readonly lookup: UserLookup
  readonly signIn: SignIn
  readonly journal: Journal
  readonly projects: RowCache<LoadedProject>
  readonly users: RowCache<LoadedUser>
  /** How long each attempt that was held back has to wait, as it was reported. */
  readonly heldBack: number[] = []
  readonly #folder = newFolder()
  readonly #store: SqliteWriter
  readonly #writer: Writer

  constructor() {
    const file = join(this.#folder, 'holdfast.db')
    migrateSqlite(file, { auditLeaf: legacyLeaf, leafGroup: packed })
    this.#store = new SqliteWriter(file)
    this.reader = new SqliteReader(file)
    const [id, rootKey] = ['d'.repeat(32), createSecretKey(randomBytes(32))]
    this.keyring = new Keyring(rootKey, newDeployment(rootKey, id, 0, systemRandom))
    const { rowMac } = this.keyring
    const log = new NodeLog(id, rowMac, firstHead(rowMac, 'node', 0))
    this.#writer = new Writer({
      store: this.#store,
      log,
      time: new TimeKeeper(this.clock, this.clock.wallNow()),
    })
    const loaders = principalLoaders(this.reader, this.keyring, () => projects)
    const projects = new RowCache({ entries: 1000, load: loaders.project, revision })
    const users = new RowCache({ entries: 1000, load: loaders.user, revision })
    const accessKeys = new RowCache({ entries: 1000, load: loaders.accessKey, revision })
    const sessions = new RowCache({ entries: 1000, load: loaders.session, revision })
    this.projects = projects
    this.users = users
    const journal: Journal = {
      decidingNow: () => this.clock.wallNow(),
      agreedNow: () => this.clock.wallNow(),
      submit: (submission, done) =>
        void this.#writer.write([submission]).then(({ receipts }) => done(receipts[0] ?? 'stale')),
    }
    this.journal = journal
    this.failures = new SignInFailures({ reader: this.reader, journal, rowMac })
    this.lookup = new UserLookup({ users, projects, reader: this.reader, region })
    const hashes: PasswordHashes = {
      hash: (_, password) => hashPassword(password, randomBytes(16), cheap),
      matches: (_, password, hashed) => verifyPassword(password, hashed ?? hashOfNobody(cheap)),
    }
    const parts = {
      accessKeys,
      users,
      projects,
      sessions,
      failures: this.failures,
      hashes,
      lookup: this.lookup,
      onHeldBack: (waitMs: number) => this.heldBack.push(waitMs),
    }
    this.signIn = new SignIn(parts)
  }

  /** Makes a project with one user, in the same transaction as the others. */
  async add(places: readonly Place[]): Promise<void> {
    const writes: RowWrite[] = []
    for (const { project: name, user = 'admin' } of places) {
      const id = idOf(name)
      const { sealed, keys } = this.keyring.createProject(id, systemRandom.bytes)
      const [domainId, userId] = [domainOf(name), `user of ${name}`]
      const passwordHash = await hashPassword(Buffer.from(passwordOf(name)), randomBytes(16), cheap)
      writes.push(
        insertRow(this.keyring.rowMac, 'projects', {
          id,
          name,
          domainId,
          accountId: '',
          region,
          ...sealed,
          createdAt: 0,
        }),
        insertRow(this.keyring.rowMac, 'users', {
          id: userId,
          projectId: id,
          name: user,
          ...sealedHash(keys, { id: userId, projectId: id }, passwordHash, systemRandom.bytes),
          passwordIsInitial: 0,
          role: 'admin',
          disabled: 0,
          createdAt: 0,
        }),
      )
    }
    await this.write(writes)
  }

  /** Changes rows without a record. */
  async write(writes: readonly RowWrite[]): Promise<void> {
    const submission: Submission = {
      entry: null,
      guards: [],
      notAfter: null,
      writes,
      erases: false,
    }
    await this.#writer.write([submission])
  }

  end(): void {
    this.reader.close()
    this.#store.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** IDs that a table of cases can name. */
export const idOf = (project: string): string => hash('sha256', `project ${project}`).slice(0, 32)
export const domainOf = (project: string): string =>
  hash('sha256', `domain ${project}`).slice(0, 32)
export const passwordOf = (project: string): string => `password of ${project}`
