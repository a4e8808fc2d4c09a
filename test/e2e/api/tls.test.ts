/** TLS: the same service with a certificate, and nothing older than 1.2. */
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { test } from 'node:test'
import { missing } from '../../tools.ts'
import { newCertificate } from '../certificate.ts'
import { newFolder, TestServer } from '../server.ts'

function get(url: string, options: RequestOptions): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

test('with a certificate the service speaks TLS 1.2 and 1.3 only, and says https', {
  skip: missing('openssl'),
}, async () => {
  const folder = newFolder()
  const { cert, key } = newCertificate(folder)
  await using server = await TestServer.start({ flags: ['--tls-cert', cert, '--tls-key', key] })
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:/)
  const ca = readFileSync(cert)
  assert.deepEqual(await get(`${server.url}/healthz`, { ca }), { status: 200, body: 'ok\n' })
  assert.equal((await get(`${server.url}/v1.0`, { ca, maxVersion: 'TLSv1.2' })).status, 200)
  await assert.rejects(
    get(`${server.url}/healthz`, { ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }),
  )
  rmSync(folder, { recursive: true })
})
