/**
 * One sentence for each way in which a call is refused. The codes are the domain's; a missing one
 * does not compile.
 */
import type { RefusalCode } from '../api/call.ts'

export const errors = {
  'no-connection':
    'Holdfast did not answer, so it is not known whether this was done. Check the current state before you try again.',
  'internal-error':
    'Something went wrong in Holdfast, and nothing was done. The server’s log has the details under the request ID.',
  'credentials-missing': 'You are not signed in.',
  'credentials-invalid': 'These credentials are not valid.',
  'sign-in-held-back':
    'Too many wrong passwords for this user or from this network. Wait {wait}, then try again.',
  'credentials-expired': 'The signature is too old. Check the clock of this computer.',
  'token-expired': 'The token has expired. Sign in again.',
  'session-ended': 'Your session has ended. Sign in again.',
  'session-forged': 'This call did not come from the console itself, so it was refused.',
  'payload-unsigned':
    'The signature of this call does not cover its body, which this server does not accept.',
  'password-invalid':
    'A password must have at least {n} bytes, must not repeat a few characters, and must not be the user name or the previous password.',
  'password-wrong': 'The current password is wrong.',
  'password-initial':
    'The first password can only be used to sign in to the console and choose a new one.',
  'project-mismatch': 'This belongs to another project.',
  'not-permitted': 'Your role does not allow this.',
  'request-malformed': 'The request could not be read.',
  'body-malformed': 'The request could not be read.',
  'operation-unknown':
    'This server does not know this operation. It may be older than this page: reload it.',
  'method-not-supported':
    'This server does not know this operation. It may be older than this page: reload it.',
  'request-too-large': 'That is more than one call can carry.',
  'parameter-missing': 'Something that is needed is missing.',
  'parameter-invalid': 'A value is not valid.',
  'sequence-invalid': 'A value is not valid.',
  'key-id-invalid': 'This is not a key ID.',
  'alias-invalid': 'An alias is 1 to 255 characters: a–z, A–Z, 0–9 and : / _ -',
  'alias-taken': 'Another key has this alias. Choose another one.',
  'alias-not-found': 'No key has this alias any more.',
  'alias-of-other-key': 'This alias points to another key.',
  'alias-target-differs': 'An alias moves only to a key of the same usage and kind.',
  'too-many-aliases': 'A key has at most 50 aliases.',
  'description-invalid': 'A description is at most 255 bytes long.',
  'tag-name-invalid':
    'A tag key is letters, digits, spaces inside, and _ . : / = + @ -; it must not begin with aws: or _sys_.',
  'tag-name-too-long': 'A tag key is at most 128 characters long.',
  'tag-value-invalid': 'A tag value is letters, digits, spaces and _ . : / = + @ -.',
  'tag-value-too-long': 'A tag value is at most 256 characters long.',
  'tags-empty': 'Name at least one tag.',
  'tags-repeat': 'A tag key is given twice.',
  'too-many-tags': 'A key has at most 50 tags.',
  'tag-not-found': 'The key does not have this tag key.',
  'grantee-invalid': 'The ID of a grantee or retiring user is 1 to 64 letters, digits and hyphens.',
  'grant-operations-missing': 'A grant needs at least one operation besides create-grant.',
  'too-many-grants': 'A key has at most 100 grants.',
  'grant-id-invalid': 'The key has no such grant.',
  'grant-of-other-key': 'This grant belongs to another key.',
  'deletion-days-invalid': 'The waiting period of a deletion is 7 to 1,096 days.',
  'offset-invalid': 'That position in the list is not valid.',
  'limit-invalid': 'That number of entries cannot be listed at once.',
  'marker-invalid': 'That page no longer exists. Start again at the first page.',
  'context-invalid': 'The encryption context is too long or not valid.',
  'plaintext-invalid': 'A plaintext is 1 to 4,096 bytes.',
  'ciphertext-invalid':
    'This ciphertext does not belong to this key and context, or it was damaged.',
  'algorithm-unsupported': 'This key does not encrypt with this algorithm.',
  'algorithm-unsupported-by-rsa': 'This key does not encrypt with this algorithm.',
  'plaintext-too-long':
    'This is longer than this key can encrypt at once. Encrypt it with a data key.',
  'message-invalid': 'A message is 1 to 4,096 bytes. For a longer one, use its digest.',
  'digest-length-wrong': 'The digest has the wrong length for this algorithm.',
  'digest-not-taken': 'This algorithm signs whole messages, not digests.',
  'signing-algorithm-unsupported': 'This key does not sign with this algorithm.',
  'mac-algorithm-unsupported': 'This key does not make MACs with this algorithm.',
  'agreement-algorithm-unsupported': 'This key does not support this key-agreement algorithm.',
  'public-key-invalid':
    'The public key is not an uncompressed point on the curve of this key, in DER.',
  'random-length-invalid': 'That number of random bytes cannot be returned by one call.',
  'random-length-uneven': 'A length in bits must be a multiple of 8.',
  'data-key-length-invalid': 'A data key has 8 to 8,192 bits.',
  'data-key-length-uneven': 'A length in bits must be a multiple of 8.',
  'data-key-spec-invalid': 'There is no such data key spec.',
  'data-key-plain-length-invalid': 'A data key has 1 to 1,024 bytes.',
  'data-key-plain-length-wrong': 'The data key does not have the length that was given.',
  'data-key-digest-wrong': 'The data key and its digest do not match.',
  'data-key-cipher-length-invalid': 'A data key has 1 to 1,024 bytes.',
  'rotation-interval-invalid': 'A rotation interval is {min} to {max} days.',
  'key-not-found': 'There is no such key here, or your role may not see it.',
  'key-disabled': 'The key is disabled. Enable it first.',
  'key-pending-deletion': 'The key is pending deletion. Cancel its deletion first.',
  'key-pending-import':
    'The key holds no material, so it can do nothing. Import its material first.',
  'key-not-enabled': 'The key is not enabled.',
  'key-not-disabled': 'The key is not disabled.',
  'key-not-pending-deletion': 'The key is not pending deletion.',
  'key-already-pending-deletion': 'The key is already pending deletion.',
  'access-key-not-found': 'There is no such access key.',
  'too-many-access-keys': 'You have reached the maximum number of access keys. Delete one first.',
  'changed-meanwhile':
    'Somebody else has changed this in the meantime. Your change was not applied.',
  'too-many-keys': 'The project has reached its key limit.',
  'key-is-symmetric': 'A symmetric key does not do this.',
  'key-is-asymmetric': 'An asymmetric key does not do this.',
  'key-is-hmac': 'An HMAC key does nothing but generate and verify MACs.',
  'spec-does-not-encrypt': 'Keys of this spec do not encrypt.',
  'spec-does-not-sign': 'Keys of this spec do not sign.',
  'key-does-not-sign': 'This key is for encryption, not for signatures.',
  'key-does-not-encrypt': 'This key is for signatures, not for encryption.',
  'key-does-not-agree': 'This key is not for key agreement.',
  'key-is-for-agreement': 'This key is for key agreement only.',
  'rotation-not-supported': 'Asymmetric keys do not rotate.',
  'rotation-of-external-key': 'Imported keys do not rotate. Create a successor.',
  'rotation-not-enabled': 'Rotation is not turned on.',
  'rotation-not-disabled': 'Rotation is already turned on.',
  'too-many-versions': 'The key has reached its version limit.',
  'key-not-external':
    'Holdfast made the material of this key. Only a key that was created empty takes an import.',
  'key-not-pending-import':
    'The key already holds material. Material can be imported only while it holds none.',
  'material-not-present': 'The key holds no material.',
  'material-unwrap-failed': 'The wrapped material does not open.',
  'material-length-wrong': 'The material has the wrong length for this key. Nothing was stored.',
  'material-mismatch': 'This is not the material that the key belongs to. Nothing was stored.',
  'material-weak':
    'This material is not from a sound random source, so Holdfast refused it. Nothing was stored.',
  'import-token-invalid': 'This token was made for another key or was used already.',
  'import-token-expired': 'The import token has expired.',
  'import-token-of-other-key': 'This token was made for another key.',
  'expiry-in-past': 'This time has passed. Choose a later one.',
  'expiry-not-allowed': 'Keys of this spec are permanently valid, so no expiry can be set.',
  'private-key-missing': 'The wrapped private key is missing.',
  'private-key-not-expected': 'A symmetric key takes no private key.',
  'private-key-invalid': 'Holdfast checked this private key and refused it. Nothing was stored.',
  'private-key-held':
    'Another key of this project already holds this private key. One private key belongs to one key.',
  'temporary-key-length-wrong': 'The temporary key has 16 or 32 bytes.',
  'material-permanent': 'Material of keys of this spec cannot be deleted by hand.',
  'drill-not-possible': 'The key has never held imported material, so there is nothing to compare.',
  'drill-mismatch': 'This backup does not match the key. The key is unchanged.',
  'not-a-successor': 'This key cannot take over yet: it needs its material first.',
  'key-store-unsupported':
    'There are no dedicated key stores: every key is in the deployment’s own store.',
  'key-space-unsupported': 'There are no key spaces: roles and grants say who may use a key.',
  'replication-unsupported':
    'A deployment has one region: there is no other to replicate a key to.',
  'stored-record-corrupt':
    'A stored record was changed outside Holdfast, so it is not used. Ask the operator.',
  'audit-unavailable':
    'Holdfast cannot write its audit log, so it refused the call. Nothing was done.',
  busy: 'Holdfast is busy. Nothing was done; try again in a moment.',
} as const satisfies Record<RefusalCode | 'no-connection', string>
