/**
 * Finds the user that a sign-in means, by project and name. The number of reads does not depend on
 * the number of projects.
 */
import type { UserRow } from '../domain/rows.ts'
import { isText } from '../domain/rules.ts'
import type { Source } from '../ports/source.ts'
import type { StoreReader } from '../ports/store.ts'
import { type LoadedProject, type LoadedUser, loadSince } from './principals.ts'

/** What a client states about where its user belongs; both lists may be empty. */
export type StatedPlaces = {
  /** Names or IDs of the domain. A project is alone in its domain, which has the project's name. */
  readonly domains: readonly string[]
  /**
   * Names or IDs of the project, or the name of its region, which clients of one region send
   * instead.
   */
  readonly projects: readonly string[]
}

export type FoundUser = { readonly user: UserRow; readonly project: LoadedProject }

export type Lookup = {
  readonly found: FoundUser | undefined
  /**
   * ID of the project that was meant, or what the client stated if it does not exist. Tries are
   * counted under it whether or not the user exists.
   */
  readonly place: string
}

export type UserLookupParts = {
  readonly users: Source<LoadedUser>
  readonly projects: Source<LoadedProject>
  readonly reader: Pick<StoreReader, 'userNamed' | 'usersNamed' | 'projectNamed' | 'rowsWhere'>
  /** Region of this deployment: a client that names no project means the project of that name. */
  readonly region: string
}

export class UserLookup {
  readonly #parts: UserLookupParts

  constructor(parts: UserLookupParts) {
    this.#parts = parts
  }

  /**
   * The user of that name in the project that the client states. An exact ID or name takes
   * precedence over a region; a domain limits what a project's name can mean. A client that names
   * no domain, and a region or nothing for the project, means the project with the region's name;
   * if that has no such user, it means the only user of that name.
   * @throws KmsError stored-record-corrupt.
   */
  async find(userName: string, stated: StatedPlaces): Promise<Lookup> {
    const { domains, projects } = stated
    const said = [...domains, ...projects]
    if (![userName, ...said].every(isText)) return { found: undefined, place: '' }
    const decisive =
      domains.length > 0 ? domains : projects.length > 0 ? projects : [this.#parts.region]
    const named = await this.#named(decisive)
    const home = named !== undefined && fits(named, stated) ? named : undefined
    const found = home && (await this.#userOf(home, userName))
    if (found !== undefined || domains.length > 0) return { found, place: placeOf(home, said) }
    const only = await this.#onlyUser(userName)
    if (only !== undefined && fits(only.project, stated))
      return { found: only, place: only.project.row.id }
    return { found: undefined, place: placeOf(home, said) }
  }

  /**
   * The project that one of the texts names: by ID first, since the name of a project may be the ID
   * of another.
   */
  async #named(texts: readonly string[]): Promise<LoadedProject | undefined> {
    const { projects, reader } = this.#parts
    const ways = [
      (text: string) => projects.load(text),
      async (text: string) => this.#load(await reader.projectNamed(text)),
      async (text: string) =>
        this.#load((await reader.rowsWhere('projects', 'domainId', text, 1))[0]),
    ]
    for (const way of ways)
      for (const text of texts) {
        const project = await way(text)
        if (project !== undefined) return project
      }
    return undefined
  }

  async #userOf(project: LoadedProject, userName: string): Promise<FoundUser | undefined> {
    const row = await this.#parts.reader.userNamed(project.row.id, userName)
    const user = row && (await loadSince(this.#parts.users, row.id, row.revision))
    return user && { user: user.row, project }
  }

  async #onlyUser(userName: string): Promise<FoundUser | undefined> {
    const [row, another] = await this.#parts.reader.usersNamed(userName, 2)
    if (row === undefined || another !== undefined) return undefined
    const user = await loadSince(this.#parts.users, row.id, row.revision)
    const project = await this.#load({ id: row.projectId })
    return user && project && { user: user.row, project }
  }

  /** Verified, from the cache: what the store found is only a hint. */
  async #load(row: { readonly id: string } | undefined): Promise<LoadedProject | undefined> {
    return row && (await this.#parts.projects.load(row.id))
  }
}

/** Whether a project is consistent with everything that the client stated. */
export function fits({ row }: LoadedProject, { domains, projects }: StatedPlaces): boolean {
  return (
    domains.every((domain) => domain === row.domainId || domain === row.name) &&
    projects.every((project) => [row.id, row.name, row.domainId, row.region].includes(project))
  )
}

function placeOf(home: LoadedProject | undefined, said: readonly string[]): string {
  return home?.row.id ?? said.join('\n')
}
