/**
 * Addresses that cannot be listened on: each line names the address, what is in the way, and the
 * flag that gives another one.
 */
import { systemCode } from '../ports/system-reason.ts'

/** The message is for the person who starts the server. */
export class NotListening extends Error {}

export type ListenFlag = '--listen' | '--metrics-listen'

/**
 * What a start says of the codes with which the system refuses an address. Any other error stays
 * what it is.
 */
const reasons: Readonly<Record<string, (host: string, address: string) => string>> = {
  EADDRINUSE: (_, address) =>
    `another program already listens on ${address}: stop it, or choose another address`,
  EACCES: (_, address) =>
    `the system does not let this user listen on ${address}: choose a port from 1024 on`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine: choose one that is`,
  ENOTFOUND: (host) => `there is no host ${host}: choose an address of this machine`,
}

/** @returns what `listening` gives. @throws NotListening for an address that the system refuses. */
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
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
    throw new NotListening(`${reason(host, address)} with ${flag} HOST:PORT`, { cause: error })
  }
}
