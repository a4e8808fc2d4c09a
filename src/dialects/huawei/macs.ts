/** MACs: generate-mac, verify-mac. As in the examples of the documentation a MAC is hexadecimal, while a message is base64. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../calls/operation.ts'
import { KmsError } from '../../domain/errors.ts'
import { generateMac, verifyMac } from '../../engine/macs.ts'
import { decodeHex } from '../../wire/hex.ts'
import { keyId, readMessage, sequence } from './fields.ts'

/** Longest MAC there is, and room for one that is wrong. */
const macBytesLimit = 1024

const making = { key_id: keyId, mac_algorithm: Type.String(), message: Type.String(), sequence }

export const macOperations: Readonly<Record<string, AnyOperation>> = {
  'generate-mac': operation({
    fields: Type.Object(making),
    command: generateMac,
    read: (fields) => ({ keyId: fields.key_id, message: readMessage(fields.message), algorithm: fields.mac_algorithm }),
    write: ({ keyId, algorithm, mac }) => ({ key_id: keyId, mac_algorithm: algorithm, mac: mac.toHex() }),
  }),
  'verify-mac': operation({
    fields: Type.Object({ ...making, mac: Type.String() }),
    command: verifyMac,
    read: (fields) => {
      const mac = decodeHex(fields.mac, macBytesLimit)
      if (mac === undefined) throw new KmsError('parameter-invalid', 'mac is not hexadecimal')
      return { keyId: fields.key_id, message: readMessage(fields.message), algorithm: fields.mac_algorithm, mac }
    },
    write: ({ keyId, algorithm, valid }) => ({ key_id: keyId, mac_algorithm: algorithm, mac_valid: valid }),
  }),
}
