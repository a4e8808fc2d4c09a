/** A certificate for 127.0.0.1 and localhost that a test's server speaks TLS with. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { tool } from '../tools.ts'

/**
 * Needs openssl: see test/tools.ts.
 * @param names what it is for, as in a subjectAltName.
 * @param commonName counts as a name for clients that find no DNS name among them.
 * @returns paths of two PEM files in `folder`.
 */
export function newCertificate(
  folder: string,
  names = 'IP:127.0.0.1',
  commonName = 'localhost',
): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', `/CN=${commonName}`, '-addext', `subjectAltName=${names}`]
  const made = spawnSync(tool('openssl'), [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...subject,
    ...['-keyout', key, '-out', cert],
  ])
  assert.equal(made.status, 0)
  return { cert, key }
}
