/**
 * A ciphertext as it was pasted: broken into lines or not, in either alphabet of base64 or in
 * hexadecimal; or why it is not a ciphertext.
 */
import { type ByteTextFault, base64Fault } from '../../../../src/domain/material/byte-text.ts'
import { decodeText, readEnvelope } from './envelope.ts'

/** Far more than the longest there is: the server judges sizes. */
const most = 1_000_000

/** What keeps a text from being read here; blanks, line breaks and the URL alphabet do not. */
const named = [
  'escaped',
  'not-base64',
  'padding-inside',
  'cut-base64',
] as const satisfies readonly ByteTextFault['reason'][]

/** Why there is no ciphertext: the key of the sentence and its values. */
export type NoCiphertext = {
  readonly key:
    | 'try.noCiphertext'
    | 'message.notACiphertext'
    | `try.ciphertextFault.${(typeof named)[number]}`
  readonly values: Readonly<Record<string, number>>
}

/** @param isEnvelope for one of a symmetric key, which begins with a header. */
export function readCiphertext(text: string, isEnvelope: boolean): Uint8Array | NoCiphertext {
  const bare = text.replaceAll(/\s+/g, '')
  if (bare === '') return { key: 'try.noCiphertext', values: {} }
  const bytes = decodeText(bare)
  if (bytes !== undefined)
    return isEnvelope && readEnvelope(bytes) === undefined
      ? { key: 'message.notACiphertext', values: {} }
      : bytes
  const fault = base64Fault(bare.replaceAll('-', '+').replaceAll('_', '/'), most)
  const reason = named.find((one) => one === fault?.reason)
  return reason === undefined
    ? { key: 'message.notACiphertext', values: {} }
    : { key: `try.ciphertextFault.${reason}`, values: fault?.values ?? {} }
}
