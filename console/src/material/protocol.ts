/**
 * What the page and the worker that holds the material say to each other. Material itself crosses
 * only where a person asks to see it.
 */

import type { IdentityFault } from '../../../src/custody/age-faults.ts'
import type { Reading, Unread, VerdictValues } from '../../../src/custody/material/verdicts.ts'
import type { TypedFault } from '../../../src/custody/passphrase.ts'
import type { SharesFault } from '../../../src/custody/share-faults.ts'
import type { MaterialCheck } from '../../../src/domain/material/material-checks.ts'
import type { RsaCheck } from '../../../src/domain/material/rsa-numbers.ts'

/** The key that material is for, and what it held before: null for a key that never held any. */
export type Target = {
  readonly keyId: string
  readonly spec: string
  readonly expected: {
    readonly checkValue: string | null
    readonly fingerprint: string | null
  } | null
}

export type CheckName =
  | 'size'
  | MaterialCheck
  | Exclude<RsaCheck, 'size'>
  | 'curve'
  | 'point'
  | 'signs'
  | 'same-material'
export type CheckRow = {
  readonly check: CheckName
  readonly result: 'passed' | 'failed' | 'not-run'
  /** For the sentence: sizes in bytes or bits, a period. */
  readonly values: Readonly<Record<string, string | number>>
}

export type Facts = {
  readonly spec: string
  /** Of symmetric material; of the PKCS#8 of a private key. */
  readonly sizeBytes: number
  /** 16 hexadecimal digits, of symmetric material. */
  readonly checkValue: string | null
  /** SHA-256 of the SubjectPublicKeyInfo, of a private key. */
  readonly fingerprint: string | null
  readonly checks: readonly CheckRow[]
  /** Every check passed. */
  readonly fit: boolean
}

/** The values are those of the sentence of the reason. */
export type Refused = {
  readonly kind: 'refused'
  readonly reason:
    | Unread['reason']
    | `typed-${TypedFault}`
    | `identity-${IdentityFault}`
    | `share-${SharesFault}`
  readonly values: VerdictValues
}

export type ReadAnswer =
  /** `form` names what was read, `characters` counts those of a text. */
  | {
      readonly kind: 'read'
      readonly facts: Facts
      readonly form: ReadForm
      readonly characters: number
    }
  /** Two readings give the right size: the person says which. */
  | { readonly kind: 'ask'; readonly readings: readonly Reading[] }
  /** One line break too many. */
  | { readonly kind: 'line-break'; readonly sizeBytes: number }
  | { readonly kind: 'passphrase'; readonly of: 'pkcs8' | 'age' }
  | Refused

export type ReadForm =
  | Reading
  | 'jwk'
  | 'dump'
  | 'pkcs8'
  | 'pkcs1'
  | 'sec1'
  | 'encrypted-pkcs8'
  | 'age'
  | 'shares'

/** What a person said to the question of the answer before. */
export type Reply =
  | { readonly reading: Reading }
  | { readonly leaveOutLineBreak: true }
  | { readonly passphrase: string }

export type Wrapped = {
  readonly wrappedMaterial: string
  readonly wrappedPrivateKey: string | null
}

export type ShareText = {
  readonly number: number
  readonly threshold: number
  readonly count: number
  readonly set: string
  readonly words: readonly string[]
}

export type ProveAnswer =
  | {
      readonly kind: 'matches'
      readonly checkValue: string | null
      readonly fingerprint: string | null
    }
  | {
      readonly kind: 'other'
      readonly checkValue: string | null
      readonly fingerprint: string | null
    }
  | Refused

/** Requests by name: what is asked, what is answered. */
export type Requests = {
  readonly make: { readonly ask: { readonly target: Target }; readonly answer: Facts }
  readonly read: {
    readonly ask: { readonly target: Target; readonly bytes: ArrayBuffer; readonly isText: boolean }
    readonly answer: ReadAnswer
  }
  readonly reply: { readonly ask: { readonly reply: Reply }; readonly answer: ReadAnswer }
  readonly readShares: {
    readonly ask: { readonly target: Target; readonly texts: readonly string[] }
    readonly answer: ReadAnswer
  }
  readonly show: { readonly ask: object; readonly answer: { readonly text: string } }
  /**
   * Under the public key (DER SubjectPublicKeyInfo, base64): the material, or the backup that was
   * proved.
   */
  readonly wrap: {
    readonly ask: { readonly publicKey: string; readonly of: 'material' | 'backup' }
    readonly answer: Wrapped
  }
  readonly seal: {
    readonly ask: { readonly passphrase: string }
    readonly answer: { readonly file: ArrayBuffer }
  }
  readonly share: {
    readonly ask: { readonly count: number; readonly threshold: number }
    readonly answer: { readonly shares: readonly ShareText[] }
  }
  readonly prove: {
    readonly ask: { readonly file: ArrayBuffer; readonly passphrase: string }
    readonly answer: ProveAnswer
  }
  readonly proveShares: {
    readonly ask: { readonly texts: readonly string[] }
    readonly answer: ProveAnswer
  }
  readonly wipe: { readonly ask: object; readonly answer: object }
}
export type RequestName = keyof Requests

export type ToWorker = {
  readonly id: number
  readonly name: RequestName
  readonly ask: Requests[RequestName]['ask']
}
/** A defect is reported without its message, which might contain secrets. */
export type FromWorker =
  | { readonly id: number; readonly answer: Requests[RequestName]['answer'] }
  | { readonly id: number; readonly defect: true }
