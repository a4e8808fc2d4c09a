/**
 * Password hashes, which take 64 MiB and a good part of a second of a processor each: made in a
 * thread of their own, one after the other.
 */
import type { Turn } from '../domain/turns.ts'

export interface PasswordHashes {
  /** Hash of a new password, which is left unchanged. @throws KmsError busy. */
  hash(turn: Turn, password: Uint8Array): Promise<string>
  /**
   * Whether a password, which is left unchanged, is the one that was hashed. @param hashed
   * undefined for a user who is not there: the same work is done. @throws KmsError busy.
   */
  matches(turn: Turn, password: Uint8Array, hashed: string | undefined): Promise<boolean>
}
