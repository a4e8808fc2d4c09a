/**
 * What the operating system said when it refused something, without the call and the path that Node
 * puts around it.
 */
import { getSystemErrorMessage } from 'node:util'

/**
 * @returns words such as `no space left on device`; the message of an error that is not the
 * system's.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (systemCode(error) === 'EISDIR') return 'it is a folder'
  return 'errno' in error && typeof error.errno === 'number'
    ? getSystemErrorMessage(error.errno)
    : error.message
}

/** The code of the system in an error, such as `ENOENT`; undefined for what has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
