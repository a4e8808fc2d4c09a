/**
 * Why a server is not reached, by the code of Node's error: the cause and a way out, in one line.
 */
import { connect } from 'node:tls'
import { CliFailure } from './failure.ts'
import { readFile } from './files.ts'

export type Reached = {
  readonly base: URL
  /** The file of --ca, where one was given. */
  readonly ca: string | undefined
}

type Sentence = (reached: Reached, error: NodeJS.ErrnoException) => string

const probePatienceMs = 3000

const selfSigned: Sentence = ({ ca }) =>
  ca === undefined
    ? 'its certificate is self-signed: give that certificate with --ca FILE (on the server it is the file of --tls-cert)'
    : `its certificate is self-signed, and is not the one in ${ca}`
const unknownAuthority: Sentence = ({ ca }) =>
  ca === undefined
    ? 'this machine does not know the authority of its certificate: give the certificate of that authority with --ca FILE'
    : `its certificate is not of an authority in ${ca}, or the server does not send the certificates in between`
const unknownName: Sentence = ({ base }) =>
  `there is no host ${base.hostname}: correct the address, or name another with --endpoint URL`
const noRoute: Sentence = ({ base }) =>
  `there is no way from this machine to ${base.hostname}: check its network and the address`

/** Codes of OpenSSL's verification and of Node, and what is said of each. */
const sentences: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: () =>
    'no server listens there: start it, or name another address with --endpoint URL',
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ETIMEDOUT: () => 'no answer came in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_HAS_EXPIRED: () =>
    'its certificate has expired: renew it on the server, or correct the clock of this machine',
  CERT_NOT_YET_VALID: () =>
    'its certificate is not valid yet: correct the clock of this machine, or that of its authority',
  ERR_TLS_CERT_ALTNAME_INVALID: ({ base }, error) =>
    `its certificate is for ${namesIn(error)}, not for ${base.hostname}: name the server as the certificate does with --endpoint URL, or give it a certificate for ${base.hostname}`,
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
}

function noTls({ base }: Reached, { message }: Error): string {
  if (/wrong version number|packet length too long/i.test(message))
    return `what listens there does not speak TLS: it is http://${base.host}, or TLS is at another port`
  return `TLS was not agreed on with it: ${message.trim()}`
}

/** Names of the certificate that the error brings: `DNS:kms.example, IP Address:192.0.2.1`. */
function namesIn(error: object): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: string } }
  return cert?.subjectaltname ?? 'another host'
}

/**
 * @returns the failure of a command whose request failed. It is told from a server that speaks TLS
 * by asking for TLS once.
 */
export async function connectionFailure(
  reached: Reached,
  error: NodeJS.ErrnoException,
): Promise<CliFailure> {
  const { base } = reached
  const isCutOff = error.code === 'ECONNRESET' || error.code?.startsWith('HPE_') === true
  const isTls = base.protocol === 'http:' && isCutOff && (await speaksTls(base))
  const said = isTls
    ? `what listens there speaks TLS: it is https://${base.host}`
    : (sentences[error.code ?? '']?.(reached, error) ?? error.message)
  return new CliFailure('unreachable', `${base.origin} cannot be reached: ${said}`, {
    cause: error,
  })
}

/** Whether a handshake succeeds; nothing is sent over it, so the certificate does not matter. */
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

/** Host name or address, an IPv6 address without its brackets. */
export function hostOf(base: URL): string {
  return base.hostname.replaceAll(/[[\]]/g, '')
}

/** Certificates of --ca. @throws CliFailure for a file that is not there or holds none in PEM. */
export function readAuthority(path: string): Buffer {
  const content = readFile(path)
  if (
    content.includes('-----BEGIN CERTIFICATE-----') ||
    content.includes('-----BEGIN TRUSTED CERTIFICATE-----')
  )
    return content
  const isDer = content[0] === 0x30
  const said = isDer
    ? `is a certificate in DER; convert it with: openssl x509 -inform DER -in ${path} -out ca.pem`
    : 'holds no certificate in PEM'
  throw new CliFailure('usage', `--ca: ${path} ${said}`)
}
