/** From a refusal to the status that the admin API gives it. Its code is the code of the domain, so that a client can act on it. */
import { type Refusal, retryHeaders } from '../../api/dialect.ts'
import { KmsError, type KmsErrorCode } from '../../domain/errors.ts'

/** Every code that is not a plain 400. */
const statuses: Partial<Record<KmsErrorCode, number>> = {
  'credentials-missing': 401,
  'credentials-invalid': 401,
  'credentials-expired': 401,
  'sign-in-held-back': 429,
  'token-expired': 401,
  'session-ended': 401,
  'session-forged': 403,
  'payload-unsigned': 403,
  'password-wrong': 403,
  'password-initial': 403,
  'project-mismatch': 403,
  'not-permitted': 403,
  'operation-unknown': 404,
  'key-not-found': 404,
  'access-key-not-found': 404,
  'method-not-supported': 405,
  'alias-taken': 409,
  'changed-meanwhile': 409,
  'request-too-large': 413,
  'stored-record-corrupt': 500,
  'audit-unavailable': 503,
  busy: 503,
}

export function wireAnswer(error: unknown): Refusal {
  if (!(error instanceof KmsError)) {
    const message = 'something went wrong here; the log of the server tells more under the ID of this request'
    return { status: 500, body: JSON.stringify({ error: { code: 'internal-error', message } }), headers: [] }
  }
  const { code, message } = error
  const status = statuses[code] ?? 400
  return { status, body: JSON.stringify({ error: { code, message } }), headers: retryHeaders(error, status) }
}
