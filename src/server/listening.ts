/**
 * Errors for addresses that cannot be listened on: each line names the address, the reason, and the
 * flag that sets another one.
 */
import { systemCode } from '../ports/system-reason.ts'

/** An address as flags and URLs have it. */
export function hostAndPort({ host, port }: { readonly host: string; readonly port: number }) {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The message is for the person who starts the server. */
export class NotListening extends Error {}

export type ListenFlag = '--listen' | '--metrics-listen'

/**
 * What a start prints for the error codes with which the system refuses an address. Other errors
 * are unchanged.
 */
const reasons: Readonly<Record<string, (host: string, address: string) => string>> = {
  EADDRINUSE: (_, address) =>
    `another program already listens on ${address}: stop it, or choose another address`,
  EACCES: (_, address) =>
    `the system does not let this user listen on ${address}: choose a port of 1024 or higher`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine: choose one that is`,
  ENOTFOUND: (host) => `there is no host ${host}: choose an address of this machine`,
}

/**
 * @returns the result of `listening`. @throws NotListening for an address that the system refuses.
 */
export async function listenAt<T>(
  flag: ListenFlag,
  host: string,
  port: number,
  listening: Promise<T>,
): Promise<T> {
  try {
    return await listening
  } catch (error) {
    const reason = reasons[systemCode(error) ?? '']
    if (reason === undefined) throw error
    const line = `${reason(host, hostAndPort({ host, port }))} with ${flag} HOST:PORT`
    throw new NotListening(line, { cause: error })
  }
}
