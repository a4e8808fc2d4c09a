/** Further projects: created and listed by the operator of the server, never over the API. */

import type { Keyring } from '../../crypto/keyring.ts'
import { KmsError } from '../../domain/errors.ts'
import { maxTries, refusalOf } from '../../engine/engine.ts'
import { allRows } from '../../ports/all-rows.ts'
import { type Journal, serviceEntry, submitOwn } from '../../ports/journal.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'
import { formatNewProject, makeProject, projectRows, text, wipeNewProject } from './new-project.ts'

export type ProjectSummary = {
  readonly id: string
  readonly name: string
  readonly domain_id: string
  readonly region: string
  readonly created_at: string
}

export type ProjectsParts = {
  readonly reader: StoreReader
  readonly journal: Journal
  readonly keyring: Keyring
  readonly random: Random
  readonly endpoint: string
  readonly region: string
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/** @throws KmsError parameter-invalid. */
export function checkProjectName(name: string): void {
  if (namePattern.test(name)) return
  throw new KmsError(
    'parameter-invalid',
    'a project name must have 1 to 64 letters, digits, - and _, and begin with a letter or digit',
  )
}

export class Projects {
  readonly #parts: ProjectsParts

  constructor(parts: ProjectsParts) {
    this.#parts = parts
  }

  async list(): Promise<ProjectSummary[]> {
    const rows = await allRows(this.#parts.reader, 'projects')
    return rows.map(({ id, name, domainId, region, createdAt }) => ({
      id,
      name,
      domain_id: domainId,
      region,
      created_at: new Date(createdAt).toISOString(),
    }))
  }

  /**
   * A project with an admin and an access key.
   * @returns the text of its credentials file, which contains password and secret: the caller wipes
   * it.
   * @throws KmsError parameter-invalid, alias-taken, audit-unavailable.
   */
  async create(name: string): Promise<Uint8Array> {
    const { reader, journal, keyring, random, endpoint, region } = this.#parts
    checkProjectName(name)
    const made = makeProject({ endpoint, region, name }, random)
    try {
      const writes = await projectRows(keyring, made, journal.decidingNow(), random)
      for (let tries = 1; tries <= maxTries; tries++) {
        if ((await reader.projectNamed(name)) !== undefined)
          throw new KmsError('alias-taken', `a project named ${name} already exists`)
        const requestId = random.bytes(16).toHex()
        const project = text(made.project_id)
        const entry = serviceEntry({
          requestId,
          operation: 'create-project',
          project,
          principal: 'operator',
          tries,
        })
        const receipt = await submitOwn(journal, { entry, writes })
        if (receipt === 'recorded') return formatNewProject(made)
        if (receipt === 'unknown' || receipt === 'too-early') throw refusalOf(receipt)
        if (receipt === 'unavailable') break
      }
    } finally {
      wipeNewProject(made)
    }
    throw new KmsError(
      'audit-unavailable',
      'the project could not be recorded, so it was not created',
    )
  }
}
