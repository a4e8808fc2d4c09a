// The health check of a container: exits with 0 if a server answers on this machine at the port of
// HOLDFAST_LISTEN, and with 1 otherwise. It sends nothing secret and only reads the status, so the
// name in the certificate does not matter.
import { get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'

const { HOLDFAST_LISTEN = '', HOLDFAST_TLS_CERT } = process.env
const [, port = '8320'] = /:(\d+)$/.exec(HOLDFAST_LISTEN) ?? []
const get = HOLDFAST_TLS_CERT === undefined ? httpGet : httpsGet
const timeoutMs = 4000

setTimeout(() => process.exit(1), timeoutMs)
get({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
).on('error', () => process.exit(1))
