/** Password hashes: Argon2id, RFC 9106, kept as PHC strings. */
import { argon2, argon2Sync, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type Argon2Cost = {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}

/** Second recommended option of RFC 9106 section 4. */
export const passwordCost: Argon2Cost = { memoryKib: 65_536, passes: 3, lanes: 4 }

const derive = promisify(argon2)
const hashBytes = 32
export const saltBytes = 16
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Derives 32 bytes from a password; the caller wipes them. */
export async function argon2id(
  password: Uint8Array,
  salt: Uint8Array,
  cost: Argon2Cost,
): Promise<Uint8Array> {
  return derive('argon2id', parametersOf(password, salt, cost))
}

function parametersOf(
  password: Uint8Array,
  salt: Uint8Array,
  { memoryKib, passes, lanes }: Argon2Cost,
) {
  return {
    message: password,
    nonce: salt,
    parallelism: lanes,
    tagLength: hashBytes,
    memory: memoryKib,
    passes,
  }
}

/** `$argon2id$v=19$m=..,t=..,p=..$salt$hash`. `password` is left unchanged. */
export async function hashPassword(
  password: Uint8Array,
  salt: Uint8Array,
  cost: Argon2Cost = passwordCost,
): Promise<string> {
  return phcOf(cost, salt, await argon2id(password, salt, cost))
}

/** The same, but blocks this thread. */
export function hashPasswordSync(
  password: Uint8Array,
  salt: Uint8Array,
  cost: Argon2Cost = passwordCost,
): string {
  return phcOf(cost, salt, argon2Sync('argon2id', parametersOf(password, salt, cost)))
}

/**
 * Hash that no password matches. The password of an unknown user is compared with it, so that both
 * cases take equally long.
 */
export function hashOfNobody(cost: Argon2Cost = passwordCost): string {
  return phcOf(cost, new Uint8Array(16), new Uint8Array(hashBytes))
}

/**
 * Whether a password is the one that was hashed.
 * @throws TypeError for a hash that this module did not write.
 */
export async function verifyPassword(password: Uint8Array, hashed: string): Promise<boolean> {
  const { cost, salt, expected } = phcPartsOf(hashed)
  return isSame(await argon2id(password, salt, cost), expected)
}

/**
 * The same, but blocks this thread.
 * @throws TypeError for a hash that this module did not write.
 */
export function verifyPasswordSync(password: Uint8Array, hashed: string): boolean {
  const { cost, salt, expected } = phcPartsOf(hashed)
  return isSame(argon2Sync('argon2id', parametersOf(password, salt, cost)), expected)
}

function isSame(found: Uint8Array, expected: Uint8Array): boolean {
  return found.length === expected.length && timingSafeEqual(found, expected)
}

function phcPartsOf(hashed: string): {
  readonly cost: Argon2Cost
  readonly salt: Uint8Array
  readonly expected: Uint8Array
} {
  const [, memory, passes, lanes, salt, expected] = phc.exec(hashed) ?? []
  if (salt === undefined || expected === undefined)
    throw new TypeError('this is not an Argon2id hash')
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  return { cost, salt: Buffer.from(salt, 'base64'), expected: Buffer.from(expected, 'base64') }
}

function phcOf(
  { memoryKib, passes, lanes }: Argon2Cost,
  salt: Uint8Array,
  hashed: Uint8Array,
): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(hashed)}`
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
