/**
 * Password hashes, which take 64 MiB and much of a second of CPU time each: computed in a thread of
 * their own, one after the other.
 */
import type { Turn } from '../domain/turns.ts'

export interface PasswordHashes {
  /** Hash of a new password, which is left unchanged. @throws KmsError busy. */
  hash(turn: Turn, password: Uint8Array): Promise<string>
  /**
   * Whether a password, which is left unchanged, is the one that was hashed.
   * @param hashed undefined for a user who does not exist: the same work is done.
   * @throws KmsError busy.
   */
  matches(turn: Turn, password: Uint8Array, hashed: string | undefined): Promise<boolean>
}
