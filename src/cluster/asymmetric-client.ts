/** A request thread's way to the threads that work with asymmetric keys. */
import type { KeyObject } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import type { SigningAlgorithmName, ToSign } from '../domain/algorithms.ts'
import type { AsymmetricSpecName, PrivateKeyPair } from '../domain/key-specs.ts'
import type { AsymmetricOperations, PrivateKeyMaker, WrappedPrivateKey } from '../ports/asymmetric.ts'
import { JobClient, ownBytes } from './jobs.ts'

export type OperationJob =
  | ({ readonly kind: 'sign'; readonly privateKey: KeyObject; readonly publicKey: KeyObject } & Signing)
  | ({ readonly kind: 'verify'; readonly publicKey: KeyObject; readonly signature: Uint8Array } & Signing)
  | { readonly kind: 'encrypt'; readonly publicKey: KeyObject; readonly plaintext: Uint8Array }
  | { readonly kind: 'decrypt' | 'decrypt-sm2'; readonly privateKey: KeyObject; readonly ciphertext: Uint8Array }
  | { readonly kind: 'agree'; readonly privateKey: KeyObject; readonly spki: Uint8Array; readonly peer: Uint8Array }
type Signing = { readonly algorithm: SigningAlgorithmName; readonly what: ToSign }

export type MakerJob = { readonly project: string; readonly spec: AsymmetricSpecName } & (
  | { readonly kind: 'make' }
  | { readonly kind: 'vet'; readonly wrapped: WrappedPrivateKey }
)

/** Operations that one request thread may have under way. */
const operationsLimit = 512
/** The queue itself refuses what is too much; this only bounds a thread. */
const makesLimit = 4096

export class AsymmetricClient implements AsymmetricOperations {
  readonly #jobs: JobClient<OperationJob>

  constructor(ports: readonly MessagePort[]) {
    this.#jobs = new JobClient(ports, operationsLimit)
  }

  sign(key: { privateKey: KeyObject; publicKey: KeyObject }, algorithm: SigningAlgorithmName, what: ToSign): Promise<Uint8Array> {
    return this.#jobs.run({ kind: 'sign', ...key, algorithm, what: own(what) })
  }

  verify(publicKey: KeyObject, algorithm: SigningAlgorithmName, what: ToSign, signature: Uint8Array): Promise<boolean> {
    return this.#jobs.run({ kind: 'verify', publicKey, algorithm, what: own(what), signature: ownBytes(signature) })
  }

  encrypt(publicKey: KeyObject, plaintext: Uint8Array): Promise<Uint8Array> {
    const own = ownBytes(plaintext)
    return this.#jobs.run({ kind: 'encrypt', publicKey, plaintext: own }, [own.buffer])
  }

  decrypt(privateKey: KeyObject, ciphertext: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#jobs.run({ kind: 'decrypt', privateKey, ciphertext: ownBytes(ciphertext) })
  }

  decryptSm2(privateKey: KeyObject, ciphertext: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#jobs.run({ kind: 'decrypt-sm2', privateKey, ciphertext: ownBytes(ciphertext) })
  }

  agree({ privateKey, spki }: { privateKey: KeyObject; spki: Uint8Array }, peer: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#jobs.run({ kind: 'agree', privateKey, spki: ownBytes(spki), peer: ownBytes(peer) })
  }

  close(): void {
    this.#jobs.close()
  }
}

export class PrivateKeyMakerClient implements PrivateKeyMaker {
  readonly #jobs: JobClient<MakerJob>

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port], makesLimit)
  }

  make(project: string, spec: AsymmetricSpecName): Promise<PrivateKeyPair> {
    return this.#jobs.run({ kind: 'make', project, spec })
  }

  vet(project: string, spec: AsymmetricSpecName, wrapped: WrappedPrivateKey): Promise<PrivateKeyPair | undefined> {
    const temporaryKey = ownBytes(wrapped.temporaryKey)
    wrapped.temporaryKey.fill(0)
    const own = { temporaryKey, cipher: wrapped.cipher, bytes: ownBytes(wrapped.bytes) }
    return this.#jobs.run({ kind: 'vet', project, spec, wrapped: own }, [temporaryKey.buffer])
  }

  close(): void {
    this.#jobs.close()
  }
}

function own({ kind, bytes }: ToSign): ToSign {
  return { kind, bytes: ownBytes(bytes) }
}
