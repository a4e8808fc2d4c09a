/**
 * A server that the command line cannot reach: the message with the cause and the fix, on real
 * sockets and certificates.
 *
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { execSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connectionFailure } from '../../../src/cli/connection-faults.ts'
import { fetchText } from '../../../src/cli/kms-client.ts'
import { missing, tool } from '../../tools.ts'
import { newCertificate } from '../certificate.ts'
import { newFolder } from '../server.ts'

const get = { method: 'GET', path: '/', timeout: 5000 }

describe('a server that is not reached', { skip: missing('openssl') }, () => {
  const folder = newFolder()
  const path = (name: string): string => join(folder, name)
  const servers: Server[] = []
  const ports: Record<string, number> = {}
  after(() => {
    for (const server of servers) server.close()
    rmSync(folder, { recursive: true })
  })

  const openssl = (...args: string[]): void => {
    const { status, stderr } = spawnSync(tool('openssl'), args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
  const listen = async (name: string, server: Server): Promise<void> => {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports[name] = (server.address() as AddressInfo).port
  }
  const answer = (_: unknown, response: { end(text: string): void }): void =>
    response.end('reached')
  /** A certificate issued by the authority for these names and days. */
  const issue = (name: string, names: string, days: number): void => {
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl(
      'req',
      ...newKey,
      '-subj',
      '/CN=issued',
      '-keyout',
      path(`${name}.key`),
      '-out',
      path(`${name}.csr`),
    )
    writeFileSync(path('extensions'), `subjectAltName=${names}\n`)
    const by = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-extfile', path('extensions')]
    openssl(
      'x509',
      '-req',
      '-in',
      path(`${name}.csr`),
      ...by,
      '-days',
      String(days),
      '-out',
      path(`${name}.pem`),
    )
  }
  const tls = (name: string, key = name, withAuthority = false): Server => {
    const cert = [
      readFileSync(path(`${name}.pem`)),
      ...(withAuthority ? [readFileSync(path('ca.pem'))] : []),
    ]
    return createHttps({ key: readFileSync(path(`${key}.key`)), cert: Buffer.concat(cert) }, answer)
  }

  before(async () => {
    const { cert, key } = newCertificate(folder)
    openssl(
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/CN=authority',
      ],
      ...['-keyout', path('ca.key'), '-out', path('ca.pem')],
    )
    openssl('x509', '-in', cert, '-outform', 'DER', '-out', path('cert.der'))
    writeFileSync(path('text.pem'), 'no certificate\n')
    issue('leaf', 'IP:127.0.0.1', 2)
    issue('named', 'DNS:kms.example,IP:192.0.2.1', 2)
    issue('expired', 'IP:127.0.0.1', -1)
    await listen(
      'self-signed',
      createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, answer),
    )
    await listen('leaf', tls('leaf'))
    await listen('chain', tls('leaf', 'leaf', true))
    await listen('named', tls('named'))
    await listen('expired', tls('expired'))
    await listen('plain', createHttp(answer))
    const gone = createHttp(answer)
    await listen('gone', gone)
    gone.close()
  })

  const authority =
    'its certificate was issued by a CA that this machine does not trust; give the CA certificate with --ca FILE'
  type Row = readonly [
    what: string,
    scheme: string,
    server: string,
    ca: string | undefined,
    says: string | undefined,
  ]
  /** What listens, and --ca -> the message; undefined: the server is reached. */
  const rows: readonly Row[] = [
    [
      'a self-signed certificate',
      'https',
      'self-signed',
      undefined,
      'its certificate is self-signed; give that certificate with --ca FILE (on the server it is the --tls-cert file)',
    ],
    ['the same with that certificate', 'https', 'self-signed', 'cert.pem', undefined],
    [
      'the same with another',
      'https',
      'self-signed',
      'ca.pem',
      'its certificate is self-signed and is not the one in PATH',
    ],
    ['an unknown authority', 'https', 'leaf', undefined, authority],
    ['the same with the chain', 'https', 'chain', undefined, authority],
    ['the same with that authority', 'https', 'chain', 'ca.pem', undefined],
    [
      'the same with another',
      'https',
      'leaf',
      'cert.pem',
      'its certificate was not issued by a CA in PATH, or the server does not send the intermediate certificates',
    ],
    [
      'a certificate for other names',
      'https',
      'named',
      'ca.pem',
      'its certificate is for DNS:kms.example, IP Address:192.0.2.1, not for 127.0.0.1; use a name in the certificate with --endpoint URL, or give the server a certificate for 127.0.0.1',
    ],
    [
      'an expired certificate',
      'https',
      'expired',
      'ca.pem',
      'its certificate has expired; renew it on the server, or correct the clock of this machine',
    ],
    [
      'HTTP to a server that speaks TLS',
      'http',
      'leaf',
      undefined,
      'the server speaks TLS on this port; use https://HOST',
    ],
    [
      'TLS to a server that speaks HTTP',
      'https',
      'plain',
      undefined,
      'the server does not speak TLS on this port; use http://HOST, or the port that speaks TLS',
    ],
    ['HTTP to a server that speaks it', 'http', 'plain', undefined, undefined],
    [
      'no server',
      'http',
      'gone',
      undefined,
      'no server is listening there; start it, or give another address with --endpoint URL',
    ],
  ]
  for (const [what, scheme, server, ca, says] of rows)
    test(what, async () => {
      const base = new URL(`${scheme}://127.0.0.1:${ports[server]}`)
      const file = ca === undefined ? undefined : path(ca)
      const asked = fetchText(base, get, undefined, file)
      if (says === undefined) return assert.equal((await asked).text, 'reached')
      const said = says.replace('PATH', file ?? '').replace('HOST', base.host)
      await assert.rejects(asked, {
        exitCode: 3,
        message: `${base.origin} cannot be reached: ${said}`,
      })
    })

  test('a --ca file without a certificate is refused; for one in DER, the command in the message converts it', async () => {
    const base = new URL(`https://127.0.0.1:${ports['self-signed']}`)
    const fails = async (name: string): Promise<string> =>
      fetchText(base, get, undefined, path(name)).then(
        () => '',
        (error: Error & { exitCode: number }) => `${error.exitCode} ${error.message}`,
      )
    assert.match(await fails('nothing'), /^2 cannot read \S+nothing: /)
    assert.equal(await fails('text.pem'), `2 --ca: ${path('text.pem')} contains no PEM certificate`)
    const der = await fails('cert.der')
    const [, command = ''] = /convert it to PEM with: (openssl .*)$/.exec(der) ?? []
    execSync(command, { cwd: folder })
    assert.equal((await fetchText(base, get, undefined, path('ca.pem'))).text, 'reached')
  })

  test('every other code has its own message, and an unknown one keeps its text', async () => {
    const table: readonly (readonly [code: string, says: RegExp])[] = [
      [
        'ENOTFOUND',
        /host kms\.example not found; correct the address, or give another one with --endpoint URL$/,
      ],
      ['EAI_AGAIN', /host kms\.example not found/],
      [
        'EHOSTUNREACH',
        /no route from this machine to kms\.example; check the network and the address$/,
      ],
      ['ENETUNREACH', /no route from this machine/],
      ['ETIMEDOUT', /the server did not answer in time$/],
      ['CERT_NOT_YET_VALID', /not valid yet; correct the clock/],
      ['UNABLE_TO_GET_ISSUER_CERT', /--ca FILE$/],
      ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /--ca FILE$/],
      ['CERT_REVOKED', /cannot be reached: its own text$/],
    ]
    for (const [code, says] of table) {
      const error = Object.assign(new Error('its own text'), { code })
      const { exitCode, message } = await connectionFailure(
        { base: new URL('https://kms.example'), ca: undefined },
        error,
      )
      assert.equal(exitCode, 3)
      assert.match(message, says, code)
    }
  })
})
