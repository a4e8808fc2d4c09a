/**
 * Maps a refusal to the status that the admin API uses for its kind. Its code is the code of the
 * domain, so that a client can act on it.
 */
import { type Refusal, retryHeaders } from '../../api/dialect.ts'
import { KmsError, type KmsErrorKind, kindOfError } from '../../domain/errors.ts'

const statuses: Readonly<Record<KmsErrorKind, number>> = {
  // who is calling
  'credentials-missing': 401,
  'credentials-invalid': 401,
  'credentials-expired': 401,
  'sign-in-held-back': 429,
  'token-expired': 401,
  'session-ended': 401,
  'session-forged': 403,
  'payload-unsigned': 403,
  'password-invalid': 400,
  'password-wrong': 403,
  'password-initial': 403,
  'project-mismatch': 403,
  'not-permitted': 403,
  // what was sent
  'request-malformed': 400,
  'body-malformed': 400,
  'operation-unknown': 404,
  'method-not-supported': 405,
  'request-too-large': 413,
  'parameter-missing': 400,
  'parameter-invalid': 400,
  'key-id-invalid': 400,
  'alias-invalid': 400,
  'alias-taken': 409,
  'alias-not-found': 400,
  'too-many-aliases': 400,
  'description-invalid': 400,
  'tag-invalid': 400,
  'too-many-tags': 400,
  'tag-not-found': 400,
  'grant-invalid': 400,
  'too-many-grants': 400,
  'grant-not-found': 400,
  'deletion-days-invalid': 400,
  'context-invalid': 400,
  'plaintext-invalid': 400,
  'ciphertext-invalid': 400,
  'algorithm-unsupported': 400,
  'message-invalid': 400,
  'public-key-invalid': 400,
  'rotation-interval-invalid': 400,
  // what the key allows
  'key-not-found': 404,
  'key-disabled': 400,
  'key-pending-deletion': 400,
  'key-pending-import': 400,
  'key-not-enabled': 400,
  'key-not-disabled': 400,
  'key-not-pending-deletion': 400,
  'access-key-not-found': 404,
  'too-many-access-keys': 400,
  'changed-meanwhile': 409,
  'too-many-keys': 400,
  'key-usage-wrong': 400,
  'rotation-not-supported': 400,
  'rotation-not-enabled': 400,
  'rotation-not-disabled': 400,
  'too-many-versions': 400,
  // import
  'key-not-external': 400,
  'key-not-pending-import': 400,
  'material-not-present': 400,
  'material-unwrap-failed': 400,
  'material-length-wrong': 400,
  'material-mismatch': 400,
  'material-weak': 400,
  'import-token-invalid': 400,
  'import-token-expired': 400,
  'expiry-in-past': 400,
  'expiry-not-allowed': 400,
  'private-key-invalid': 400,
  'private-key-held': 400,
  'material-permanent': 400,
  'drill-not-possible': 400,
  'drill-mismatch': 400,
  'not-a-successor': 400,
  // what a deployment does not have
  unsupported: 400,
  // the service itself
  'stored-record-corrupt': 500,
  'stored-record-newer': 503,
  'upgrade-pending': 503,
  'audit-unavailable': 503,
  busy: 503,
}

export function wireAnswer(error: unknown): Refusal {
  if (!(error instanceof KmsError)) {
    const message = 'internal error; see the server log for the ID of this request'
    return {
      status: 500,
      body: JSON.stringify({ error: { code: 'internal-error', message } }),
      headers: [],
    }
  }
  const { code, message } = error
  const status = statuses[kindOfError(code)]
  return {
    status,
    body: JSON.stringify({ error: { code, message } }),
    headers: retryHeaders(error, status),
  }
}
