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
const text = 'text/plain; charset=utf-8'

/** @param folder where the built console is, or undefined where none was built. */
export function consoleFiles(folder: string | undefined): FastifyPluginAsync {
  return async (scope) => {
    scope.addHook('onRequest', async ({ method }, reply) => {
      reply.headers(headers)
      if (method !== 'GET' && method !== 'HEAD')
        return reply.code(405).header('allow', 'GET, HEAD').type(text).send('A page is only read.\n')
    })
    if (folder === undefined) {
      scope.setNotFoundHandler((_, reply) => reply.code(503).header('cache-control', 'no-store').type(text).send(notBuilt))
      return
    }
    await scope.register(fastifyStatic, {
      root: folder,
      index: false,
      preCompressed: true,
      dotfiles: 'deny',
      cacheControl: false,
      // A build's page may be as long and, in an image, as old as that of the build before: it would pass for it, and name its files.
      etag: false,
      lastModified: false,
      setHeaders(reply, path) {
        // A fingerprinted file never changes; the page that names the files is asked for anew each time.
        reply.header('cache-control', path.includes(assets) ? `public, max-age=${yearSeconds}, immutable` : 'no-cache')
      },
    })
    scope.get('/', ({ url }, reply) => {
      const [path = ''] = url.split('?', 1)
      if (path.endsWith('/')) return reply.sendFile('index.html')
      return reply.redirect(`${consolePrefix}/${url.slice(path.length)}`, 308)
    })
    scope.setNotFoundHandler(({ url }, reply) => (isPage(url) ? reply.sendFile('index.html') : missing(reply)))
    scope.setErrorHandler((error: { readonly statusCode?: number }, _, reply) => {
      // Hidden files, folders and what leads out of this one: nothing of ours broke, and there is no such file.
      if (error.statusCode !== undefined && error.statusCode < 500) return missing(reply)
      throw error
    })
  }
}

/** No page has a dot in the last part of its address; every file has. */
function isPage(url: string): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return !path.startsWith(consolePrefix + assets) && !path.slice(path.lastIndexOf('/')).includes('.')
}

function missing(reply: FastifyReply): FastifyReply {
  return reply.code(404).header('cache-control', 'no-store').type(text).send('There is no such file.\n')
}
