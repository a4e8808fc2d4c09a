/** A request thread's client of the threads that work with asymmetric keys. */
import type { KeyObject } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import type { SigningAlgorithmName, ToSign } from '../domain/algorithms.ts'
import type { AsymmetricSpecName, PrivateKeyPair } from '../domain/keys/key-specs.ts'
import { Wiped } from '../domain/material/wiped.ts'
import type { Turn } from '../domain/turns.ts'
import type {
  AsymmetricOperations,
  PrivateKeyMaker,
  WrappedPrivateKey,
} from '../ports/asymmetric.ts'
import { JobClient, type JobOf, ownBytes } from './jobs.ts'

/** Operations with existing keys, as in `AsymmetricOperations`. */
export type Operations = {
  sign: {
    job: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } & Signing
    answer: Uint8Array
  }
  verify: {
    job: { readonly publicKey: KeyObject; readonly signature: Uint8Array } & Signing
    answer: boolean
  }
  encrypt: {
    job: { readonly publicKey: KeyObject; readonly plaintext: Uint8Array }
    answer: Uint8Array
  }
  decrypt: { job: Ciphertext; answer: Uint8Array | undefined }
  'decrypt-sm2': { job: Ciphertext; answer: Uint8Array | undefined }
  agree: {
    job: { readonly privateKey: KeyObject; readonly spki: Uint8Array; readonly peer: Uint8Array }
    answer: Uint8Array | undefined
  }
}
type Signing = { readonly algorithm: SigningAlgorithmName; readonly what: ToSign }
type Ciphertext = { readonly privateKey: KeyObject; readonly ciphertext: Uint8Array }

/** The jobs of `PrivateKeyMaker`. */
export type Making = {
  make: { job: { readonly spec: AsymmetricSpecName }; answer: PrivateKeyPair }
  vet: {
    job: { readonly spec: AsymmetricSpecName; readonly wrapped: WrappedPrivateKey }
    answer: PrivateKeyPair | undefined
  }
}
export type MakerJob = JobOf<Making>

export class AsymmetricClient implements AsymmetricOperations {
  readonly #jobs: JobClient<Operations>

  constructor(ports: readonly MessagePort[]) {
    this.#jobs = new JobClient(ports)
  }

  sign(
    turn: Turn,
    key: { privateKey: KeyObject; publicKey: KeyObject },
    algorithm: SigningAlgorithmName,
    what: ToSign,
  ): Promise<Uint8Array> {
    return this.#jobs.run(turn, { kind: 'sign', ...key, algorithm, what: own(what) })
  }

  verify(
    turn: Turn,
    publicKey: KeyObject,
    algorithm: SigningAlgorithmName,
    what: ToSign,
    signature: Uint8Array,
  ): Promise<boolean> {
    return this.#jobs.run(turn, {
      kind: 'verify',
      publicKey,
      algorithm,
      what: own(what),
      signature: ownBytes(signature),
    })
  }

  encrypt(turn: Turn, publicKey: KeyObject, plaintext: Uint8Array): Promise<Uint8Array> {
    const own = ownBytes(plaintext)
    return this.#jobs.run(turn, { kind: 'encrypt', publicKey, plaintext: own }, [own.buffer])
  }

  decrypt(
    turn: Turn,
    privateKey: KeyObject,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    return this.#jobs.run(turn, { kind: 'decrypt', privateKey, ciphertext: ownBytes(ciphertext) })
  }

  decryptSm2(
    turn: Turn,
    privateKey: KeyObject,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    return this.#jobs.run(turn, {
      kind: 'decrypt-sm2',
      privateKey,
      ciphertext: ownBytes(ciphertext),
    })
  }

  agree(
    turn: Turn,
    { privateKey, spki }: { privateKey: KeyObject; spki: Uint8Array },
    peer: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    return this.#jobs.run(turn, {
      kind: 'agree',
      privateKey,
      spki: ownBytes(spki),
      peer: ownBytes(peer),
    })
  }

  close(): void {
    this.#jobs.close()
  }
}

export class PrivateKeyMakerClient implements PrivateKeyMaker {
  readonly #jobs: JobClient<Making>

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port])
  }

  make(turn: Turn, spec: AsymmetricSpecName): Promise<PrivateKeyPair> {
    return this.#jobs.run(turn, { kind: 'make', spec })
  }

  vet(
    turn: Turn,
    spec: AsymmetricSpecName,
    wrapped: WrappedPrivateKey,
  ): Promise<PrivateKeyPair | undefined> {
    using taken = Wiped.of(wrapped.temporaryKey)
    const temporaryKey = ownBytes(taken.bytes)
    const own = { temporaryKey, cipher: wrapped.cipher, bytes: ownBytes(wrapped.bytes) }
    return this.#jobs.run(turn, { kind: 'vet', spec, wrapped: own }, [temporaryKey.buffer])
  }

  close(): void {
    this.#jobs.close()
  }
}

function own({ kind, bytes }: ToSign): ToSign {
  return { kind, bytes: ownBytes(bytes) }
}
