/** What happens to the PEM of a private key in transit, and files mistaken for it. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'
import type { Verdict } from './row.ts'

/** A row whose file already exists. */
export type WholeRow = readonly [
  what: string,
  spec: string,
  file: Uint8Array | string,
  verdict: Verdict,
]

export function pemFiles(spec: AsymmetricSpecName, pem: string): WholeRow[] {
  const publicKey = createPublicKey(pem)
  return [
    ['PEM', spec, pem, 'read'],
    [
      'PEM with breaks of Windows, after a byte order mark',
      spec,
      `\ufeff${pem.replaceAll('\n', '\r\n')}`,
      'read',
    ],
    ['PEM, indented', spec, pem.replaceAll(/^/gm, '    '), 'read'],
    ['PEM with breaks as two characters', spec, pem.replaceAll('\n', '\\n'), 'read'],
    [
      'PEM after Bag Attributes',
      spec,
      `Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n${pem}`,
      'read',
    ],
    ['PEM in UTF-16', spec, Buffer.from(`\ufeff${pem}`, 'utf16le'), 'utf-16'],
    ['PEM that is cut', spec, pem.slice(0, -30), 'pem-cut'],
    ['PEM twice', spec, pem + pem, 'several'],
    ['JWK', spec, JSON.stringify(createPrivateKey(pem).export({ format: 'jwk' })), 'read'],
    [
      'JWK without its private part',
      spec,
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      'public-key',
    ],
    ['its public key', spec, publicKey.export({ format: 'pem', type: 'spki' }), 'public-key'],
  ]
}
