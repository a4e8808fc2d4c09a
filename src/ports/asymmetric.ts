/** Work with asymmetric keys, which takes too long for the threads that answer requests: it happens in threads of its own. */
import type { KeyObject } from 'node:crypto'
import type { SigningAlgorithmName, ToSign } from '../domain/algorithms.ts'
import type { AsymmetricSpecName, PrivateKeyPair } from '../domain/key-specs.ts'
import type { KeyWrapCipher } from '../domain/wrapping-algorithms.ts'

/** Operations of keys that are there. Each is refused with `busy` when too many wait. */
export interface AsymmetricOperations {
  sign(key: { privateKey: KeyObject; publicKey: KeyObject }, algorithm: SigningAlgorithmName, what: ToSign): Promise<Uint8Array>
  verify(publicKey: KeyObject, algorithm: SigningAlgorithmName, what: ToSign, signature: Uint8Array): Promise<boolean>
  /** RSAES-OAEP with SHA-256. */
  encrypt(publicKey: KeyObject, plaintext: Uint8Array): Promise<Uint8Array>
  /** The same backwards: fresh bytes, or undefined for every cause of failure alike. */
  decrypt(privateKey: KeyObject, ciphertext: Uint8Array): Promise<Uint8Array | undefined>
  /** SM2 encryption backwards, of what a one-time key wrapped: as `decrypt`. */
  decryptSm2(privateKey: KeyObject, ciphertext: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * ECDH. @param key a private key with its own DER SubjectPublicKeyInfo; @param peer the same of the other side.
   * @returns fresh bytes, which the caller wipes; undefined for a peer's key that is not one of the same curve.
   */
  agree(key: { privateKey: KeyObject; spki: Uint8Array }, peer: Uint8Array): Promise<Uint8Array | undefined>
}

/** A private key on its way in. */
export type WrappedPrivateKey = {
  /** Given up by the caller: it is wiped. */
  readonly temporaryKey: Uint8Array
  readonly cipher: KeyWrapCipher
  /** PKCS#8 under the temporary key (RFC 5649). */
  readonly bytes: Uint8Array
}

/** The making and vetting of private keys, one after the other, in threads that end soon after. */
export interface PrivateKeyMaker {
  /** @param project whose turn this takes. @throws KmsError busy when it would take too long. */
  make(project: string, spec: AsymmetricSpecName): Promise<PrivateKeyPair>
  /** Unwraps and vets. @returns undefined when it does not unwrap. @throws KmsError private-key-invalid, busy. */
  vet(project: string, spec: AsymmetricSpecName, wrapped: WrappedPrivateKey): Promise<PrivateKeyPair | undefined>
}
