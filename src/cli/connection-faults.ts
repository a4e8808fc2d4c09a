/**
 * Why a server cannot be reached, by the code of Node's error: the cause and a remedy, in one line.
 */
import { connect } from 'node:tls'
import { CliFailure } from './failure.ts'
import { readFile } from './files.ts'

export type Reached = {
  readonly base: URL
  /** The file given with --ca. */
  readonly ca: string | undefined
}

type Sentence = (reached: Reached, error: NodeJS.ErrnoException) => string

const probePatienceMs = 3000

const selfSigned: Sentence = ({ ca }) =>
  ca === undefined
    ? 'its certificate is self-signed; give that certificate with --ca FILE (on the server it is the --tls-cert file)'
    : `its certificate is self-signed and is not the one in ${ca}`
const unknownAuthority: Sentence = ({ ca }) =>
  ca === undefined
    ? 'its certificate was issued by a CA that this machine does not trust; give the CA certificate with --ca FILE'
    : `its certificate was not issued by a CA in ${ca}, or the server does not send the intermediate certificates`
const unknownName: Sentence = ({ base }) =>
  `host ${base.hostname} not found; correct the address, or give another one with --endpoint URL`
const noRoute: Sentence = ({ base }) =>
  `no route from this machine to ${base.hostname}; check the network and the address`

/** Codes of OpenSSL's verification and of Node, with the message for each. */
const sentences: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: () =>
    'no server is listening there; start it, or give another address with --endpoint URL',
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ETIMEDOUT: () => 'the server did not answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_HAS_EXPIRED: () =>
    'its certificate has expired; renew it on the server, or correct the clock of this machine',
  CERT_NOT_YET_VALID: () =>
    'its certificate is not valid yet; correct the clock of this machine, or of the CA that issued it',
  ERR_TLS_CERT_ALTNAME_INVALID: ({ base }, error) =>
    `its certificate is for ${namesIn(error)}, not for ${base.hostname}; use a name in the certificate with --endpoint URL, or give the server a certificate for ${base.hostname}`,
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
}

function noTls({ base }: Reached, { message }: Error): string {
  if (/wrong version number|packet length too long/i.test(message))
    return `the server does not speak TLS on this port; use http://${base.host}, or the port that speaks TLS`
  return `the TLS handshake failed: ${message.trim()}`
}

/** Names in the certificate that the error carries: `DNS:kms.example, IP Address:192.0.2.1`. */
function namesIn(error: object): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: string } }
  return cert?.subjectaltname ?? 'another host'
}

/**
 * @returns the failure of a command whose request failed. A server that speaks TLS on a plain http
 * URL is detected by trying one TLS handshake.
 */
export async function connectionFailure(
  reached: Reached,
  error: NodeJS.ErrnoException,
): Promise<CliFailure> {
  const { base } = reached
  const isCutOff = error.code === 'ECONNRESET' || error.code?.startsWith('HPE_') === true
  const isTls = base.protocol === 'http:' && isCutOff && (await speaksTls(base))
  const said = isTls
    ? `the server speaks TLS on this port; use https://${base.host}`
    : (sentences[error.code ?? '']?.(reached, error) ?? error.message)
  return new CliFailure('unreachable', `${base.origin} cannot be reached: ${said}`, {
    cause: error,
  })
}

/**
 * Whether a TLS handshake succeeds; nothing is sent over it, so the certificate does not matter.
 */
function speaksTls(base: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({
      host: hostOf(base),
      port: Number(base.port || 80),
      rejectUnauthorized: false,
      timeout: probePatienceMs,
    })
    const end = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('secureConnect', end(true))
    socket.on('error', end(false))
    socket.on('timeout', end(false))
  })
}

/** Host name or IP address, IPv6 without brackets. */
export function hostOf(base: URL): string {
  return base.hostname.replaceAll(/[[\]]/g, '')
}

/**
 * Certificates of --ca.
 * @throws CliFailure for a missing file or one without a PEM certificate.
 */
export function readAuthority(path: string): Buffer {
  const content = readFile(path)
  if (
    content.includes('-----BEGIN CERTIFICATE-----') ||
    content.includes('-----BEGIN TRUSTED CERTIFICATE-----')
  )
    return content
  const isDer = content[0] === 0x30
  const said = isDer
    ? `is a DER certificate; convert it to PEM with: openssl x509 -inform DER -in ${path} -out ca.pem`
    : 'contains no PEM certificate'
  throw new CliFailure('usage', `--ca: ${path} ${said}`)
}
