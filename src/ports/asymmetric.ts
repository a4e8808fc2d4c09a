/**
 * Work with asymmetric keys, which takes too long for the threads that answer requests: it runs in
 * threads of its own.
 */
import type { KeyObject } from 'node:crypto'
import type { SigningAlgorithmName, ToSign } from '../domain/algorithms.ts'
import type { AsymmetricSpecName, PrivateKeyPair } from '../domain/keys/key-specs.ts'
import type { KeyWrapCipher } from '../domain/material/wrapping-algorithms.ts'
import type { Turn } from '../domain/turns.ts'

/**
 * Operations with existing keys. `turn` says whose turn each uses; it is refused with `busy` if too
 * many are waiting.
 */
export interface AsymmetricOperations {
  sign(
    turn: Turn,
    key: { privateKey: KeyObject; publicKey: KeyObject },
    algorithm: SigningAlgorithmName,
    what: ToSign,
  ): Promise<Uint8Array>
  verify(
    turn: Turn,
    publicKey: KeyObject,
    algorithm: SigningAlgorithmName,
    what: ToSign,
    signature: Uint8Array,
  ): Promise<boolean>
  /** RSAES-OAEP with SHA-256. */
  encrypt(turn: Turn, publicKey: KeyObject, plaintext: Uint8Array): Promise<Uint8Array>
  /** The inverse of `encrypt`: fresh bytes, or undefined for every cause of failure. */
  decrypt(
    turn: Turn,
    privateKey: KeyObject,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined>
  /** SM2 decryption of what a one-time key wrapped: otherwise as `decrypt`. */
  decryptSm2(
    turn: Turn,
    privateKey: KeyObject,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined>
  /**
   * ECDH.
   * @param key a private key with its own DER SubjectPublicKeyInfo.
   * @param peer the DER SubjectPublicKeyInfo of the other side.
   * @returns fresh bytes, which the caller wipes; undefined for a peer's key that is not on the
   * same curve.
   */
  agree(
    turn: Turn,
    key: { privateKey: KeyObject; spki: Uint8Array },
    peer: Uint8Array,
  ): Promise<Uint8Array | undefined>
}

/** An incoming private key. */
export type WrappedPrivateKey = {
  /** Ownership passes to the callee, which wipes it. */
  readonly temporaryKey: Uint8Array
  readonly cipher: KeyWrapCipher
  /** The private key under the temporary key (RFC 5649, or RFC 3394 over AES). */
  readonly bytes: Uint8Array
}

/**
 * Generates and vets private keys, one after the other for each project, in threads that end soon
 * after.
 */
export interface PrivateKeyMaker {
  /** @throws KmsError busy when it would take too long. */
  make(turn: Turn, spec: AsymmetricSpecName): Promise<PrivateKeyPair>
  /**
   * Unwraps and vets.
   * @returns undefined if it does not unwrap.
   * @throws KmsError private-key-invalid, busy.
   */
  vet(
    turn: Turn,
    spec: AsymmetricSpecName,
    wrapped: WrappedPrivateKey,
  ): Promise<PrivateKeyPair | undefined>
}
