/**
 * What a console user's password must be, and how hard it is to guess, in words. Length counts;
 * rules about character classes do not.
 */
import { KmsError } from '../errors.ts'

export const passwordBytes = { min: 12, max: 1024 } as const

export type PasswordStrength = 'too short' | 'weak' | 'fair' | 'strong'

/** @param different number of distinct characters in it. */
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
      `a password must be ${passwordBytes.min} to ${passwordBytes.max} bytes long`,
    )
  if (passwordStrength(password.length, new Set(password).size) === 'weak')
    throw new KmsError('password-invalid', 'the password uses too few distinct characters')
  const name = new TextEncoder().encode(userName)
  if (name.length === password.length && name.every((byte, i) => byte === password[i]))
    throw new KmsError('password-invalid', 'the password must not equal the user name')
}
