/** The command line makes the same signatures as the vendor's own signer. */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { authorizationOf } from '../../src/cli/kms-client.ts'

const { AKSKSigner } = createRequire(import.meta.url)(
  '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js',
) as {
  AKSKSigner: { sign(request: object, credential: object): Record<string, string> }
}

test('the same authorization as the signer of the SDK, for any operation and body', () => {
  const letters = fc.string({
    minLength: 1,
    maxLength: 30,
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz-'),
  })
  fc.assert(
    fc.property(
      letters,
      fc.dictionary(letters, fc.string()),
      fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }),
      (operation, data, secret) => {
        const path = `/v1.0/${'0'.repeat(32)}/kms/${operation}`
        const headers = {
          host: '127.0.0.1:8320',
          'content-type': 'application/json',
          'x-sdk-date': '20261124T001100Z',
        }
        const theirs = AKSKSigner.sign(
          {
            method: 'POST',
            endpoint: `http://127.0.0.1:8320${path}`,
            headers: {
              'X-Sdk-Date': headers['x-sdk-date'],
              'content-type': headers['content-type'],
            },
            data,
            queryParams: {},
          },
          { getAk: () => 'ACCESS', getSk: () => secret },
        )
        const key = createSecretKey(Buffer.from(secret))
        const ours = authorizationOf(
          { method: 'POST', path, headers, body: Buffer.from(JSON.stringify(data)) },
          { accessKey: 'ACCESS', secret: key },
        )
        const signed = /SignedHeaders=([^,]*)/.exec(theirs.Authorization ?? '')?.[1]
        assert.equal(signed, /SignedHeaders=([^,]*)/.exec(ours)?.[1])
        assert.equal(ours, theirs.Authorization)
      },
    ),
    { numRuns: 500 },
  )
})
