/**
 * What a password of a console user must be, and how hard it is to guess, in words. Length counts;
 * recipes of characters do not.
 */
import { KmsError } from '../errors.ts'

export const passwordBytes = { min: 12, max: 1024 } as const

export type PasswordStrength = 'too short' | 'weak' | 'fair' | 'strong'

/** @param different how many characters of it differ from each other. */
export function passwordStrength(sizeBytes: number, different: number): PasswordStrength {
  if (sizeBytes < passwordBytes.min) return 'too short'
  if (different < 6) return 'weak'
  return sizeBytes >= 20 ? 'strong' : 'fair'
}

/** @throws KmsError password-invalid. */
export function checkPassword(password: Uint8Array, userName: string): void {
  if (password.length < passwordBytes.min || password.length > passwordBytes.max)
    throw new KmsError(
      'password-invalid',
      `a password is ${passwordBytes.min} to ${passwordBytes.max} bytes`,
    )
  if (passwordStrength(password.length, new Set(password).size) === 'weak')
    throw new KmsError(
      'password-invalid',
      'a password does not repeat a few characters again and again',
    )
  const name = new TextEncoder().encode(userName)
  if (name.length === password.length && name.every((byte, i) => byte === password[i]))
    throw new KmsError('password-invalid', 'a password is not the name of its user')
}
