/**
 * An owner of keys, who calls the engine directly: each method is a call that is decided and
 * written.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  isAsymmetric,
  type KeySpecName,
  type KeyUsage,
  keySpecs,
  type Origin,
} from '../../src/domain/keys/key-specs.ts'
import type { Command } from '../../src/engine/command.ts'
import * as lifecycle from '../../src/engine/keys/lifecycle.ts'
import * as importing from '../../src/engine/material/import.ts'
import { decrypt, encrypt, symmetricDefault } from '../../src/engine/operations/encryption.ts'
import { wrap, wrapPrivateKey } from '../e2e/client.ts'
import type { EngineInProcess } from '../fakes/engine.ts'

const wrappingAlgorithm = 'RSAES_OAEP_SHA_256'

export class Owner {
  readonly engine: EngineInProcess

  constructor(engine: EngineInProcess) {
    this.engine = engine
  }

  /** @returns the ID of a new key. */
  async create(
    origin: Origin,
    spec: KeySpecName = 'AES_256',
    usage: KeyUsage | null = null,
  ): Promise<string> {
    const alias = `a${randomBytes(8).toString('hex')}`
    const input = { alias, description: '', spec, usage, origin }
    return (await this.engine.run(lifecycle.createKey, input)).key.id
  }

  view(key: string): Promise<lifecycle.KeyView> {
    return this.engine.run(lifecycle.describeKey, { key })
  }

  async state(key: string): Promise<string> {
    return (await this.view(key)).state
  }

  parameters(key: string) {
    return this.engine.run(importing.getImportParameters, { key, wrappingAlgorithm })
  }

  /** What an import sends of `material`: symmetric, or the PKCS#8 of a private key. */
  async request(
    key: string,
    material: Uint8Array,
    expiresAt: number | null = null,
  ): Promise<importing.ImportInput> {
    const { token, publicKey } = await this.parameters(key)
    const isPair = isAsymmetric(keySpecs[(await this.view(key)).key.spec as KeySpecName])
    const temporaryKey = randomBytes(32)
    const outer = wrap(Buffer.from(publicKey).toString('base64'), isPair ? temporaryKey : material)
    return {
      key,
      token,
      wrappedMaterial: Buffer.from(outer, 'base64'),
      wrappedPrivateKey: isPair
        ? Buffer.from(wrapPrivateKey(temporaryKey, material), 'base64')
        : undefined,
      expiresAt,
    }
  }

  async import(key: string, material: Uint8Array, expiresAt: number | null = null): Promise<void> {
    const request = await this.request(key, material, expiresAt)
    await this.engine.run(importing.importKeyMaterial, request)
  }

  /** A command that takes nothing but the key. */
  on(key: string, command: Command<{ readonly key: string }, unknown>): Promise<unknown> {
    return this.engine.run(command, { key })
  }

  async encrypt(key: string, plaintext = 'x'): Promise<Uint8Array> {
    const input = {
      key,
      plaintext: Buffer.from(plaintext),
      context: [],
      algorithm: symmetricDefault,
    }
    return (await this.engine.run(encrypt, input)).ciphertext
  }

  async decrypt(ciphertext: Uint8Array, key?: string): Promise<string> {
    const input = { ciphertext, key, context: [], algorithm: symmetricDefault }
    return Buffer.from((await this.engine.run(decrypt, input)).plaintext).toString()
  }
}

/** Fresh material for a key of one of the specs that the rules are tested with. */
export function materialFor(spec: 'AES_256' | 'SM4' | 'EC_P256'): Uint8Array {
  const found = keySpecs[spec]
  if (!isAsymmetric(found)) return randomBytes(found.materialBytes)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
}
