/** Why the operating system refused something, in its own words and without the code, the call and the path that Node puts around them. */
import { getSystemErrorMessage } from 'node:util'

/** @returns words such as `no space left on device`; the message of an error that is not the system's. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { errno, code } = error as NodeJS.ErrnoException
  if (code === 'EISDIR') return 'it is a folder'
  return typeof errno === 'number' ? getSystemErrorMessage(errno) : error.message
}
