/**
 * The closed set of ways in which a command is refused, and their kinds. Each dialect has its own
 * words and status for every kind, and for those codes of a kind that it distinguishes.
 */

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
  // what a deployment does not have
  'key-store-unsupported',
  'key-space-unsupported',
  'replication-unsupported',
  // the service itself
  'stored-record-corrupt',
  'stored-record-newer',
  'upgrade-pending',
  'audit-unavailable',
  'busy',
] as const

export type KmsErrorCode = (typeof kmsErrorCodes)[number]

/**
 * Codes that share a kind, for which most dialects give the same answer. Every other code is a kind
 * of its own.
 */
const kinds = {
  'sequence-invalid': 'parameter-invalid',
  'limit-invalid': 'parameter-invalid',
  'marker-invalid': 'parameter-invalid',
  'offset-invalid': 'parameter-invalid',
  'alias-target-differs': 'parameter-invalid',
  'random-length-invalid': 'parameter-invalid',
  'random-length-uneven': 'parameter-invalid',
  'data-key-length-invalid': 'parameter-invalid',
  'data-key-length-uneven': 'parameter-invalid',
  'data-key-spec-invalid': 'parameter-invalid',
  'data-key-plain-length-invalid': 'parameter-invalid',
  'data-key-plain-length-wrong': 'parameter-invalid',
  'data-key-digest-wrong': 'parameter-invalid',
  'data-key-cipher-length-invalid': 'parameter-invalid',
  'private-key-missing': 'parameter-invalid',
  'private-key-not-expected': 'parameter-invalid',
  'alias-of-other-key': 'alias-not-found',
  'tag-name-invalid': 'tag-invalid',
  'tag-name-too-long': 'tag-invalid',
  'tag-value-invalid': 'tag-invalid',
  'tag-value-too-long': 'tag-invalid',
  'tags-empty': 'tag-invalid',
  'tags-repeat': 'tag-invalid',
  'grantee-invalid': 'grant-invalid',
  'grant-operations-missing': 'grant-invalid',
  'grant-id-invalid': 'grant-not-found',
  'grant-of-other-key': 'grant-not-found',
  'plaintext-too-long': 'plaintext-invalid',
  'digest-length-wrong': 'message-invalid',
  'digest-not-taken': 'message-invalid',
  'algorithm-unsupported-by-rsa': 'algorithm-unsupported',
  'signing-algorithm-unsupported': 'algorithm-unsupported',
  'mac-algorithm-unsupported': 'algorithm-unsupported',
  'agreement-algorithm-unsupported': 'algorithm-unsupported',
  'key-is-symmetric': 'key-usage-wrong',
  'key-is-asymmetric': 'key-usage-wrong',
  'key-is-hmac': 'key-usage-wrong',
  'spec-does-not-encrypt': 'key-usage-wrong',
  'spec-does-not-sign': 'key-usage-wrong',
  'key-does-not-sign': 'key-usage-wrong',
  'key-does-not-encrypt': 'key-usage-wrong',
  'key-does-not-agree': 'key-usage-wrong',
  'key-is-for-agreement': 'key-usage-wrong',
  'key-already-pending-deletion': 'key-pending-deletion',
  'rotation-of-external-key': 'rotation-not-supported',
  'temporary-key-length-wrong': 'material-unwrap-failed',
  'import-token-of-other-key': 'import-token-invalid',
  'key-store-unsupported': 'unsupported',
  'key-space-unsupported': 'unsupported',
  'replication-unsupported': 'unsupported',
} as const satisfies Partial<Record<KmsErrorCode, string>>

type Particular = keyof typeof kinds
export type KmsErrorKind = Exclude<KmsErrorCode, Particular> | (typeof kinds)[Particular]

export function kindOfError(code: KmsErrorCode): KmsErrorKind {
  return isParticular(code) ? kinds[code] : code
}

function isParticular(code: KmsErrorCode): code is Particular {
  return Object.hasOwn(kinds, code)
}

/**
 * A refusal that the caller may see. `message` names the object and the rule, never bytes of
 * material, plaintext or credentials; `cause` is for the log only.
 */
export class KmsError extends Error {
  readonly code: KmsErrorCode

  constructor(code: KmsErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'KmsError'
    this.code = code
  }
}

/**
 * Too many failures: the password was not checked, so the caller learns nothing about it except how
 * long to wait.
 */
export class HeldBack extends KmsError {
  /** Whole seconds, at least one, after which a password is checked again. */
  readonly seconds: number

  constructor(waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    super(
      'sign-in-held-back',
      `too many wrong passwords for this user or from this network; wait ${seconds} s, then try again`,
    )
    this.seconds = seconds
  }
}

/**
 * How long a client is asked to wait before it tries again, in seconds; undefined if waiting
 * changes nothing.
 * @param status of the answer.
 */
export function retryAfterOf(error: unknown, status: number): number | undefined {
  if (error instanceof HeldBack) return error.seconds
  return status === 503 ? 1 : undefined
}
