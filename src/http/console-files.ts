/** The console: files that were built, each under a name of its content; every other path below is a page that the console shows itself. */
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'

export const consolePrefix = '/console'
const assets = '/assets/'
const yearSeconds = 31_536_000

/**
 * Nothing inline, nothing from elsewhere, nothing around it. Trusted types leave no way from text to script; the one policy names
 * the worker that holds key material.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types holdfast-worker',
].join('; ')

const headers = {
  'content-security-policy': policy,
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

const notBuilt = 'The console has not been built here. Run "npm start", or "npm run build" once.\n'

/** @param folder where the built console is, or undefined where none was built. */
export function consoleFiles(folder: string | undefined): FastifyPluginAsync {
  return async (scope) => {
    scope.addHook('onRequest', async (_, reply) => {
      reply.headers(headers)
    })
    if (folder === undefined) {
      scope.get('/*', (_, reply) => reply.code(503).type('text/plain; charset=utf-8').send(notBuilt))
      return
    }
    const page = (reply: FastifyReply): FastifyReply => reply.sendFile('index.html', { cacheControl: false })
    await scope.register(fastifyStatic, {
      root: folder,
      index: false,
      preCompressed: true,
      dotfiles: 'deny',
      cacheControl: false,
      setHeaders(reply, path) {
        // A fingerprinted file never changes; the page that names the files is asked for anew each time.
        reply.header('cache-control', path.includes(assets) ? `public, max-age=${yearSeconds}, immutable` : 'no-cache')
      },
    })
    scope.get('/', (_, reply) => page(reply))
    scope.setNotFoundHandler((request, reply) => {
      if (request.method === 'GET' && !request.url.startsWith(consolePrefix + assets)) return page(reply)
      return reply.code(404).type('text/plain; charset=utf-8').send('There is no such file.\n')
    })
  }
}
