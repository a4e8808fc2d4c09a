/**
 * MACs: generate-mac, verify-mac. As in the documentation's examples, a MAC is hexadecimal and a
 * message is base64.
 */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { notHex } from '../../../domain/material/byte-text.ts'
import { generateMac, verifyMac } from '../../../engine/operations/macs.ts'
import { decodeHex } from '../../../wire/hex.ts'
import { keyId, readMessage } from '../fields.ts'

/** Length of the longest MAC, with room for an invalid one. */
const macBytesLimit = 1024

const making = { key_id: keyId, mac_algorithm: Type.String(), message: Type.String() }

export const macOperations: Readonly<Record<string, AnyOperation>> = {
  'generate-mac': operation({
    fields: Type.Object(making),
    command: generateMac,
    read: (fields) => ({
      key: fields.key_id,
      message: readMessage(fields.message),
      algorithm: fields.mac_algorithm,
    }),
    write: ({ keyId, algorithm, mac }) => ({
      key_id: keyId,
      mac_algorithm: algorithm,
      mac: mac.toHex(),
    }),
  }),
  'verify-mac': operation({
    fields: Type.Object({ ...making, mac: Type.String() }),
    command: verifyMac,
    read: (fields) => {
      const mac = decodeHex(fields.mac, macBytesLimit)
      if (mac === undefined) throw notHex('parameter-invalid', 'mac', fields.mac, macBytesLimit)
      return {
        key: fields.key_id,
        message: readMessage(fields.message),
        algorithm: fields.mac_algorithm,
        mac,
      }
    },
    write: ({ keyId, algorithm, valid }) => ({
      key_id: keyId,
      mac_algorithm: algorithm,
      mac_valid: valid,
    }),
  }),
}
