/**
 * Maps a refusal to the code and status that Huawei's KMS documents for it. The compiler reports a
 * missing row.
 */
import { type Refusal, retryHeaders } from '../../api/dialect.ts'
import { OperationsRefused } from '../../domain/access/grants.ts'
import { KmsError, type KmsErrorCode } from '../../domain/errors.ts'
import { grantNames } from './grant-names.ts'

type WireError = { readonly status: number; readonly code: string }

export const wireErrors = {
  'credentials-missing': { status: 403, code: 'KMS.0301' },
  'credentials-invalid': { status: 403, code: 'KMS.0302' },
  'credentials-expired': { status: 403, code: 'KMS.0303' },
  'sign-in-held-back': { status: 429, code: 'KMS.0302' },
  // A client that signed in with a password signs in again on 401 and on no other status.
  'token-expired': { status: 401, code: 'KMS.0303' },
  'session-ended': { status: 401, code: 'KMS.0303' },
  'session-forged': { status: 403, code: 'KMS.0302' },
  'payload-unsigned': { status: 403, code: 'KMS.0302' },
  'password-invalid': { status: 400, code: 'KMS.0308' },
  'password-wrong': { status: 403, code: 'KMS.0302' },
  'password-initial': { status: 403, code: 'KMS.0307' },
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
  'alias-not-found': { status: 400, code: 'KMS.1101' },
  'alias-of-other-key': { status: 400, code: 'KMS.1101' },
  'alias-target-differs': { status: 400, code: 'KMS.0308' },
  'too-many-aliases': { status: 400, code: 'KMS.0308' },
  'description-invalid': { status: 400, code: 'KMS.1103' },
  'tag-name-invalid': { status: 400, code: 'KMS.0406' },
  'tag-name-too-long': { status: 400, code: 'KMS.0411' },
  'tag-value-invalid': { status: 400, code: 'KMS.0405' },
  'tag-value-too-long': { status: 400, code: 'KMS.0410' },
  'tags-empty': { status: 400, code: 'KMS.0401' },
  'tags-repeat': { status: 400, code: 'KMS.0412' },
  'too-many-tags': { status: 400, code: 'KMS.0409' },
  'tag-not-found': { status: 404, code: 'KMS.0416' },
  'grantee-invalid': { status: 400, code: 'KMS.2402' },
  'grant-operations-missing': { status: 400, code: 'KMS.2401' },
  'too-many-grants': { status: 400, code: 'KMS.2404' },
  'grant-id-invalid': { status: 400, code: 'KMS.2501' },
  'grant-of-other-key': { status: 400, code: 'KMS.2502' },
  'deletion-days-invalid': { status: 400, code: 'KMS.1401' },
  'limit-invalid': { status: 400, code: 'KMS.1601' },
  'marker-invalid': { status: 400, code: 'KMS.1602' },
  'offset-invalid': { status: 400, code: 'KMS.1603' },
  'context-invalid': { status: 400, code: 'KMS.0208' },
  'plaintext-invalid': { status: 400, code: 'KMS.2101' },
  'ciphertext-invalid': { status: 400, code: 'KMS.2201' },
  'algorithm-unsupported': { status: 400, code: 'KMS.2105' },
  'algorithm-unsupported-by-rsa': { status: 400, code: 'KMS.2106' },
  'plaintext-too-long': { status: 400, code: 'KMS.2108' },
  'message-invalid': { status: 400, code: 'KMS.0308' },
  'digest-length-wrong': { status: 400, code: 'KMS.0329' },
  'digest-not-taken': { status: 400, code: 'KMS.0308' },
  'signing-algorithm-unsupported': { status: 400, code: 'KMS.0332' },
  'mac-algorithm-unsupported': { status: 400, code: 'KMS.0308' },
  'agreement-algorithm-unsupported': { status: 400, code: 'KMS.0308' },
  'public-key-invalid': { status: 400, code: 'KMS.0308' },
  'random-length-invalid': { status: 400, code: 'KMS.1801' },
  'random-length-uneven': { status: 400, code: 'KMS.1802' },
  'data-key-length-invalid': { status: 400, code: 'KMS.1901' },
  'data-key-spec-invalid': { status: 400, code: 'KMS.1902' },
  'data-key-length-uneven': { status: 400, code: 'KMS.1903' },
  'data-key-plain-length-invalid': { status: 400, code: 'KMS.2102' },
  'data-key-digest-wrong': { status: 400, code: 'KMS.2103' },
  'data-key-plain-length-wrong': { status: 400, code: 'KMS.2104' },
  'data-key-cipher-length-invalid': { status: 400, code: 'KMS.2202' },
  'rotation-interval-invalid': { status: 400, code: 'KMS.3001' },
  'key-not-found': { status: 404, code: 'KMS.0207' },
  'key-disabled': { status: 400, code: 'KMS.0209' },
  'key-pending-deletion': { status: 400, code: 'KMS.0210' },
  'key-pending-import': { status: 400, code: 'KMS.1301' },
  'key-not-enabled': { status: 400, code: 'KMS.1301' },
  'key-not-disabled': { status: 400, code: 'KMS.1201' },
  'key-not-pending-deletion': { status: 400, code: 'KMS.1501' },
  'key-already-pending-deletion': { status: 400, code: 'KMS.1402' },
  'access-key-not-found': { status: 404, code: 'KMS.0308' },
  'too-many-access-keys': { status: 400, code: 'KMS.0308' },
  'changed-meanwhile': { status: 409, code: 'KMS.0308' },
  'too-many-keys': { status: 400, code: 'KMS.1105' },
  'key-is-symmetric': { status: 400, code: 'KMS.0331' },
  'key-is-asymmetric': { status: 400, code: 'KMS.0325' },
  'key-is-hmac': { status: 400, code: 'KMS.0341' },
  'spec-does-not-encrypt': { status: 400, code: 'KMS.1114' },
  'spec-does-not-sign': { status: 400, code: 'KMS.1115' },
  'key-does-not-sign': { status: 400, code: 'KMS.0334' },
  'key-does-not-encrypt': { status: 400, code: 'KMS.0335' },
  // No code is documented for keys of this usage: such a key counts as an asymmetric one that the
  // operation does not accept.
  'key-does-not-agree': { status: 400, code: 'KMS.0325' },
  'key-is-for-agreement': { status: 400, code: 'KMS.0325' },
  'rotation-of-external-key': { status: 400, code: 'KMS.0312' },
  'rotation-not-enabled': { status: 400, code: 'KMS.0313' },
  'rotation-not-supported': { status: 400, code: 'KMS.0324' },
  'rotation-not-disabled': { status: 400, code: 'KMS.2901' },
  'too-many-versions': { status: 400, code: 'KMS.0319' },
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
  'expiry-not-allowed': { status: 400, code: 'KMS.0308' },
  'private-key-missing': { status: 400, code: 'KMS.2608' },
  'private-key-not-expected': { status: 400, code: 'KMS.0308' },
  'private-key-invalid': { status: 400, code: 'KMS.2609' },
  'private-key-held': { status: 400, code: 'KMS.2609' },
  'temporary-key-length-wrong': { status: 400, code: 'KMS.2610' },
  'material-permanent': { status: 400, code: 'KMS.2702' },
  'drill-not-possible': { status: 400, code: 'KMS.2701' },
  'drill-mismatch': { status: 400, code: 'KMS.2606' },
  'not-a-successor': { status: 400, code: 'KMS.0308' },
  'expiry-in-past': { status: 400, code: 'KMS.2602' },
  'key-store-unsupported': { status: 400, code: 'KMS.0340' },
  'key-space-unsupported': { status: 400, code: 'KMS.0201' },
  'replication-unsupported': { status: 400, code: 'KMS.3801' },
  'stored-record-corrupt': { status: 500, code: 'KMS.0102' },
  'stored-record-newer': { status: 503, code: 'KMS.0104' },
  'upgrade-pending': { status: 503, code: 'KMS.0104' },
  'audit-unavailable': { status: 503, code: 'KMS.0104' },
  busy: { status: 503, code: 'KMS.0104' },
} as const satisfies Readonly<Record<KmsErrorCode, WireError>>

/** A defect of ours: the caller only gets the request ID, in its header. */
const internal = {
  status: 500,
  code: 'KMS.0103',
  message: 'A system exception occurred. Contact technical support.',
} as const

/**
 * Status and body of a refusal. golangsdk reads error.error_code and error.error_msg; the
 * JavaScript SDK reads both at the top level. The domain's own code is included, because one of
 * Huawei's codes may have several reasons.
 */
export function wireAnswer(error: unknown): Refusal {
  const { status, code, message } =
    error instanceof KmsError ? { ...wireErrors[error.code], message: messageOf(error) } : internal
  const said = { error_code: code, error_msg: message }
  const reason = error instanceof KmsError ? error.code : 'internal-error'
  return {
    status,
    body: JSON.stringify({ error: { ...said, reason }, ...said }),
    headers: retryHeaders(error, status),
  }
}

function messageOf(error: KmsError): string {
  return error instanceof OperationsRefused ? error.messageWith(grantNames) : error.message
}
