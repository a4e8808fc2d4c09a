/** Password hashes: Argon2id, RFC 9106, kept as PHC strings. */
import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type Argon2Cost = { readonly memoryKib: number; readonly passes: number; readonly lanes: number }

/** Second recommended option of RFC 9106 section 4. */
export const passwordCost: Argon2Cost = { memoryKib: 65_536, passes: 3, lanes: 4 }

const derive = promisify(argon2)
const hashBytes = 32
const phc = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** 32 bytes out of a password; the caller wipes them. */
export async function argon2id(password: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array> {
  const { memoryKib, passes, lanes } = cost
  return derive('argon2id', {
    message: password,
    nonce: salt,
    parallelism: lanes,
    tagLength: hashBytes,
    memory: memoryKib,
    passes,
  })
}

/** `$argon2id$v=19$m=..,t=..,p=..$salt$hash`. `password` is left unchanged. */
export async function hashPassword(password: Uint8Array, salt: Uint8Array, cost: Argon2Cost = passwordCost): Promise<string> {
  const hashed = Buffer.from(await argon2id(password, salt, cost))
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$${unpadded(salt)}$${unpadded(hashed)}`
}

/** Whether a password is the one that was hashed. @throws TypeError for a hash that this module did not write. */
export async function verifyPassword(password: Uint8Array, hashed: string): Promise<boolean> {
  const [, memory, passes, lanes, salt, expected] = phc.exec(hashed) ?? []
  if (salt === undefined || expected === undefined) throw new TypeError('this is no Argon2id hash')
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  const wanted = Buffer.from(expected, 'base64')
  const found = await argon2id(password, Buffer.from(salt, 'base64'), cost)
  return found.length === wanted.length && timingSafeEqual(found, wanted)
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
