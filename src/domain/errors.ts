/** The closed set of ways in which a command is refused. Each dialect maps every code to its own words and status. */

export const kmsErrorCodes = [
  // who is calling
  'credentials-missing',
  'credentials-invalid',
  'credentials-expired',
  'sign-in-held-back',
  'token-expired',
  'session-ended',
  'session-forged',
  'payload-unsigned',
  'password-invalid',
  'password-wrong',
  'password-initial',
  'project-mismatch',
  'not-permitted',
  // what was sent
  'request-malformed',
  'body-malformed',
  'operation-unknown',
  'method-not-supported',
  'request-too-large',
  'parameter-missing',
  'parameter-invalid',
  'sequence-invalid',
  'key-id-invalid',
  'alias-invalid',
  'alias-taken',
  'alias-not-found',
  'alias-of-other-key',
  'alias-target-differs',
  'too-many-aliases',
  'description-invalid',
  'tag-name-invalid',
  'tag-name-too-long',
  'tag-value-invalid',
  'tag-value-too-long',
  'tags-empty',
  'tags-repeat',
  'too-many-tags',
  'tag-not-found',
  'grantee-invalid',
  'grant-operations-missing',
  'too-many-grants',
  'grant-id-invalid',
  'grant-of-other-key',
  'deletion-days-invalid',
  'limit-invalid',
  'marker-invalid',
  'offset-invalid',
  'context-invalid',
  'plaintext-invalid',
  'ciphertext-invalid',
  'algorithm-unsupported',
  'algorithm-unsupported-by-rsa',
  'plaintext-too-long',
  'message-invalid',
  'digest-length-wrong',
  'digest-not-taken',
  'signing-algorithm-unsupported',
  'mac-algorithm-unsupported',
  'agreement-algorithm-unsupported',
  'public-key-invalid',
  'random-length-invalid',
  'random-length-uneven',
  'data-key-length-invalid',
  'data-key-length-uneven',
  'data-key-spec-invalid',
  'data-key-plain-length-invalid',
  'data-key-plain-length-wrong',
  'data-key-digest-wrong',
  'data-key-cipher-length-invalid',
  'rotation-interval-invalid',
  // what the key allows
  'key-not-found',
  'key-disabled',
  'key-pending-deletion',
  'key-pending-import',
  'key-not-enabled',
  'key-not-disabled',
  'key-not-pending-deletion',
  'key-already-pending-deletion',
  'access-key-not-found',
  'too-many-access-keys',
  'changed-meanwhile',
  'too-many-keys',
  'key-is-symmetric',
  'key-is-asymmetric',
  'key-is-hmac',
  'spec-does-not-encrypt',
  'spec-does-not-sign',
  'key-does-not-sign',
  'key-does-not-encrypt',
  'key-does-not-agree',
  'key-is-for-agreement',
  'rotation-not-supported',
  'rotation-of-external-key',
  'rotation-not-enabled',
  'rotation-not-disabled',
  'too-many-versions',
  // import
  'key-not-external',
  'key-not-pending-import',
  'material-not-present',
  'material-unwrap-failed',
  'material-length-wrong',
  'material-mismatch',
  'material-weak',
  'import-token-invalid',
  'import-token-expired',
  'import-token-of-other-key',
  'expiry-in-past',
  'expiry-not-allowed',
  'private-key-missing',
  'private-key-not-expected',
  'private-key-invalid',
  'private-key-held',
  'temporary-key-length-wrong',
  'material-permanent',
  'drill-not-possible',
  'drill-mismatch',
  'not-a-successor',
  // what a deployment has not
  'key-store-unsupported',
  'key-space-unsupported',
  'replication-unsupported',
  // the service itself
  'stored-record-corrupt',
  'audit-unavailable',
  'busy',
] as const

export type KmsErrorCode = (typeof kmsErrorCodes)[number]

/**
 * A refusal that the caller may see. `message` names the thing and the rule, never bytes of material, plaintext or
 * credentials; `cause` is for the log only.
 */
export class KmsError extends Error {
  readonly code: KmsErrorCode

  constructor(code: KmsErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'KmsError'
    this.code = code
  }
}

/** Too many failures: the password was not looked at, so the caller hears nothing of it but how long to wait. */
export class HeldBack extends KmsError {
  /** Whole seconds, at least one, after which a password is looked at again. */
  readonly seconds: number

  constructor(waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    super('sign-in-held-back', `too many wrong passwords for this user or from this network; wait ${seconds} s, then try again`)
    this.seconds = seconds
  }
}

/** What a client is asked to wait before it tries again, in seconds; undefined where waiting changes nothing. @param status of the answer. */
export function retryAfterOf(error: unknown, status: number): number | undefined {
  if (error instanceof HeldBack) return error.seconds
  return status === 503 ? 1 : undefined
}
