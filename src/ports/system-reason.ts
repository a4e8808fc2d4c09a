/** The operating system's reason for an error, without the call and the path that Node adds. */
import { getSystemErrorMessage } from 'node:util'

/**
 * @returns text such as `no space left on device`; for an error that is not the system's, its
 * message.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (systemCode(error) === 'EISDIR') return 'it is a folder'
  return 'errno' in error && typeof error.errno === 'number'
    ? getSystemErrorMessage(error.errno)
    : error.message
}

/** The system's code in an error, such as `ENOENT`; undefined if it has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
