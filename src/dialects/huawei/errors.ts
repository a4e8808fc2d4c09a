/** From a refusal to the code and status that Huawei's KMS documents for it. The compiler notices a missing row. */
import { KmsError, type KmsErrorCode } from '../../domain/errors.ts'

type WireError = { readonly status: number; readonly code: string }

export const wireErrors = {
  'credentials-missing': { status: 403, code: 'KMS.0301' },
  'credentials-invalid': { status: 403, code: 'KMS.0302' },
  'credentials-expired': { status: 403, code: 'KMS.0303' },
  'project-mismatch': { status: 403, code: 'KMS.0321' },
  'not-permitted': { status: 403, code: 'KMS.0307' },
  'request-malformed': { status: 400, code: 'KMS.0214' },
  'body-malformed': { status: 400, code: 'KMS.0202' },
  'operation-unknown': { status: 400, code: 'KMS.0201' },
  'method-not-supported': { status: 405, code: 'KMS.0215' },
  'request-too-large': { status: 400, code: 'KMS.0203' },
  'parameter-missing': { status: 400, code: 'KMS.0204' },
  'parameter-invalid': { status: 400, code: 'KMS.0308' },
  'sequence-invalid': { status: 400, code: 'KMS.0206' },
  'key-id-invalid': { status: 400, code: 'KMS.0205' },
  'alias-invalid': { status: 400, code: 'KMS.1101' },
  'alias-taken': { status: 400, code: 'KMS.1104' },
  'description-invalid': { status: 400, code: 'KMS.1103' },
  'deletion-days-invalid': { status: 400, code: 'KMS.1401' },
  'limit-invalid': { status: 400, code: 'KMS.1601' },
  'marker-invalid': { status: 400, code: 'KMS.1602' },
  'context-invalid': { status: 400, code: 'KMS.0208' },
  'plaintext-invalid': { status: 400, code: 'KMS.2101' },
  'ciphertext-invalid': { status: 400, code: 'KMS.2201' },
  'algorithm-unsupported': { status: 400, code: 'KMS.2105' },
  'key-not-found': { status: 404, code: 'KMS.0207' },
  'key-disabled': { status: 400, code: 'KMS.0209' },
  'key-pending-deletion': { status: 400, code: 'KMS.0210' },
  'key-pending-import': { status: 400, code: 'KMS.1301' },
  'key-not-enabled': { status: 400, code: 'KMS.1301' },
  'key-not-disabled': { status: 400, code: 'KMS.1201' },
  'key-not-pending-deletion': { status: 400, code: 'KMS.1501' },
  'key-already-pending-deletion': { status: 400, code: 'KMS.1402' },
  'too-many-keys': { status: 400, code: 'KMS.1105' },
  'key-not-external': { status: 400, code: 'KMS.0309' },
  'key-not-pending-import': { status: 400, code: 'KMS.0310' },
  'material-not-present': { status: 400, code: 'KMS.2701' },
  'material-unwrap-failed': { status: 400, code: 'KMS.0311' },
  'material-length-wrong': { status: 400, code: 'KMS.2604' },
  'material-mismatch': { status: 400, code: 'KMS.2606' },
  'material-weak': { status: 400, code: 'KMS.0308' },
  'import-token-invalid': { status: 400, code: 'KMS.2605' },
  'import-token-expired': { status: 400, code: 'KMS.2601' },
  'import-token-of-other-key': { status: 400, code: 'KMS.2603' },
  'expiry-in-past': { status: 400, code: 'KMS.2602' },
  'not-built': { status: 400, code: 'KMS.0201' },
  'stored-record-corrupt': { status: 500, code: 'KMS.0102' },
  'audit-unavailable': { status: 503, code: 'KMS.0104' },
  busy: { status: 503, code: 'KMS.0104' },
} as const satisfies Readonly<Record<KmsErrorCode, WireError>>

/** A defect of ours: the caller learns the request ID from its header, and nothing else. */
const internal = { status: 500, code: 'KMS.0103', message: 'A system exception occurred. Contact technical support.' } as const

/** Status and body of a refusal. golangsdk reads error.error_code and error.error_msg; the JavaScript SDK reads both at the top. */
export function wireAnswer(error: unknown): { status: number; body: string; retryAfter: boolean } {
  const { status, code, message } = error instanceof KmsError ? { ...wireErrors[error.code], message: error.message } : internal
  const said = { error_code: code, error_msg: message }
  return { status, body: JSON.stringify({ error: said, ...said }), retryAfter: status === 503 }
}
