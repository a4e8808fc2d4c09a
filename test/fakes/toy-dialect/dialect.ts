/**
 * A dialect in a few lines: it routes by a header, answers in a form and media type of its own, and
 * names keys by alias.
 */
import Type from 'typebox'
import type { Dialect } from '../../../src/api/dialect.ts'
import { statedFields } from '../../../src/api/fields.ts'
import { type AnyOperation, operation } from '../../../src/api/operation.ts'
import { KmsError } from '../../../src/domain/errors.ts'
import {
  symmetricDefault as algorithm,
  decrypt,
  encrypt,
} from '../../../src/engine/operations/encryption.ts'

const operations: Readonly<Record<string, AnyOperation>> = {
  Seal: operation({
    fields: Type.Object({ under: Type.String(), text: Type.String() }),
    command: encrypt,
    read: ({ under, text }) => ({
      key: { alias: under },
      plaintext: Buffer.from(text),
      context: [],
      algorithm,
    }),
    write: ({ keyId, ciphertext }) => ({ by: keyId, sealed: ciphertext.toHex() }),
  }),
  Open: operation({
    fields: Type.Object({ under: Type.String(), sealed: Type.String() }),
    command: decrypt,
    read: ({ under, sealed }) => ({
      key: { alias: under },
      ciphertext: Buffer.from(sealed, 'hex'),
      context: [],
      algorithm,
    }),
    write: ({ plaintext }) => ({ text: Buffer.from(plaintext).toString() }),
  }),
}

const toy: Dialect = {
  name: 'toy',
  mediaType: 'application/x-toy+json',
  requestIdHeader: 'X-Toy-Request',
  schemes: ['sdkHmac'],
  recognizes: ({ headers }) => headers['x-toy-do'] !== undefined,
  routing: {
    check: () => undefined,
    find({ headers }) {
      const found = operations[headers.get('x-toy-do') ?? '']
      if (found === undefined) throw new KmsError('operation-unknown', 'there is no such toy')
      return { operation: found, named: {} }
    },
    fields: (request) => statedFields(request, false),
  },
  textOf: (written) => JSON.stringify({ toy: written }),
  fieldRefusals: { sealed: 'ciphertext-invalid' },
  refusal(error) {
    const code = error instanceof KmsError ? error.code : 'internal-error'
    return {
      status: 422,
      headers: ['X-Toy-Refused', code],
      body: JSON.stringify({ toy: 'broken' }),
    }
  },
}

export const hooksModule = import.meta.url
export const hooks = () => ({ dialects: (ours: readonly Dialect[]) => [toy, ...ours] })
