/**
 * The hierarchy of keys: root key -> project key -> material and every other stored secret. Each
 * stored secret is sealed in an envelope whose context says where it belongs, so that it opens
 * nowhere else.
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { KmsError } from '../domain/errors.ts'
import { idBytes } from '../domain/ids.ts'
import { Wiped } from '../domain/material/wiped.ts'
import type { DeploymentRow, ProjectRow } from '../domain/rows.ts'
import { type Header, open, saltBytes, seal } from './envelope.ts'
import { contextBytes } from './formats/context.ts'
import { type Purpose, purposes } from './formats/labels.ts'
import { verifyRow } from './formats/row-mac.ts'
import { Secret } from './secret.ts'

/** Where a stored secret belongs, in addition to its deployment and purpose. */
export type Binding = {
  readonly project?: string
  readonly key?: string
  readonly version?: number
  readonly spec?: string
  readonly origin?: string
  readonly accessKey?: string
  readonly token?: string
  readonly user?: string
}

type Fresh = (sizeBytes: number) => Uint8Array

export const keyBytes = 32
const projectKeyVersion = 1

/** Seals and opens under one key, which it never exposes. */
export class Sealer {
  readonly #key: KeyObject
  readonly #deployment: string
  readonly #sealingId: Uint8Array
  readonly #version: number

  constructor(key: KeyObject, deployment: string, sealingId: string, version: number) {
    this.#key = key
    this.#deployment = deployment
    this.#sealingId = idBytes(sealingId)
    this.#version = version
  }

  /** @param fresh source of the salt. `plaintext` is left unchanged. */
  seal(purpose: Purpose, binding: Binding, plaintext: Uint8Array, fresh: Fresh): Uint8Array {
    return seal(
      this.#key,
      this.#header(purpose),
      fresh(saltBytes),
      this.#context(purpose, binding),
      plaintext,
    )
  }

  /** @returns undefined when this was not sealed for exactly this place. */
  open(purpose: Purpose, binding: Binding, sealed: Uint8Array): Secret | undefined {
    const plaintext = open(
      this.#key,
      this.#header(purpose),
      this.#context(purpose, binding),
      sealed,
    )
    return plaintext && Secret.own(plaintext)
  }

  #header(purpose: Purpose): Header {
    return { suite: 1, purpose, keyId: this.#sealingId, version: this.#version }
  }

  #context(
    purpose: Purpose,
    { project, key, version, spec, origin, accessKey, token, user }: Binding,
  ): Uint8Array {
    const pairs: [string, string | undefined][] = [
      ['deployment', this.#deployment],
      ['purpose', String(purpose)],
      ['project', project],
      ['key', key],
      ['version', version?.toString()],
      ['spec', spec],
      ['origin', origin],
      ['access-key', accessKey],
      ['token', token],
      ['user', user],
    ]
    return contextBytes(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined))
  }
}

/** The keys of one project, held open while the process needs them. */
export type ProjectKeys = {
  /** Seals material, access-key secrets, password hashes, wrapping private keys and tokens. */
  readonly sealer: Sealer
  readonly association: KeyObject
  readonly rowMac: KeyObject
}

/** Sealed keys of a new project, as its row keeps them. */
export type SealedProjectKeys = Pick<
  ProjectRow,
  'rootGeneration' | 'sealedProjectKey' | 'sealedAssociationKey' | 'sealedRowMacKey'
>

/** Everything below the root key of one deployment. */
export class Keyring {
  readonly #root: Sealer
  readonly #generation: number
  readonly deployment: string
  /** MAC key of the deployment-wide tables. */
  readonly rowMac: KeyObject

  /**
   * @param row of the deployment.
   * @throws KmsError stored-record-corrupt if the root key does not open it.
   */
  constructor(rootKey: KeyObject, row: DeploymentRow) {
    this.#root = new Sealer(rootKey, row.id, row.id, row.rootGeneration)
    this.#generation = row.rootGeneration
    this.deployment = row.id
    this.rowMac = this.#key(this.#root.open(purposes.rowMacKey, {}, row.sealedRowMacKey))
    verifyRow(this.rowMac, 'deployments', row)
  }

  /** Seals the row-MAC key of a deployment that does not exist yet. */
  static sealRowMacKey(
    rootKey: KeyObject,
    deployment: string,
    generation: number,
    fresh: Fresh,
  ): { sealed: Uint8Array; key: KeyObject } {
    const { bytes, key } = freshKey(fresh)
    using _bytes = Wiped.of(bytes)
    const sealed = new Sealer(rootKey, deployment, deployment, generation).seal(
      purposes.rowMacKey,
      {},
      bytes,
      fresh,
    )
    return { sealed, key }
  }

  /** Opens the keys of a project. @throws KmsError stored-record-corrupt. */
  openProject(row: ProjectRow): ProjectKeys {
    verifyRow(this.rowMac, 'projects', row)
    const sealer = this.#projectSealer(
      row.id,
      this.#key(this.#root.open(purposes.projectKey, { project: row.id }, row.sealedProjectKey)),
    )
    return {
      sealer,
      association: this.#key(
        sealer.open(purposes.associationKey, { project: row.id }, row.sealedAssociationKey),
      ),
      rowMac: this.#key(sealer.open(purposes.rowMacKey, { project: row.id }, row.sealedRowMacKey)),
    }
  }

  /** Generates the keys of a new project. */
  createProject(project: string, fresh: Fresh): { sealed: SealedProjectKeys; keys: ProjectKeys } {
    const [own, association, rowMac] = [freshKey(fresh), freshKey(fresh), freshKey(fresh)]
    using _bytes = Wiped.each([own.bytes, association.bytes, rowMac.bytes])
    const sealer = this.#projectSealer(project, own.key)
    const sealed = {
      rootGeneration: this.#generation,
      sealedProjectKey: this.#root.seal(purposes.projectKey, { project }, own.bytes, fresh),
      sealedAssociationKey: sealer.seal(
        purposes.associationKey,
        { project },
        association.bytes,
        fresh,
      ),
      sealedRowMacKey: sealer.seal(purposes.rowMacKey, { project }, rowMac.bytes, fresh),
    }
    return { sealed, keys: { sealer, association: association.key, rowMac: rowMac.key } }
  }

  #projectSealer(project: string, key: KeyObject): Sealer {
    return new Sealer(key, this.deployment, project, projectKeyVersion)
  }

  #key(secret: Secret | undefined): KeyObject {
    if (secret === undefined)
      throw new KmsError(
        'stored-record-corrupt',
        'a stored key does not open with the key above it',
      )
    using opened = secret
    return opened.use((bytes) => createSecretKey(bytes))
  }
}

function freshKey(fresh: Fresh): { bytes: Uint8Array; key: KeyObject } {
  const bytes = fresh(keyBytes)
  return { bytes, key: createSecretKey(bytes) }
}
