/**
 * How `holdfast project`, `clock`, `recover`, `upgrade` and `unlock` talk to a running server: over
 * a socket in the data folder, which only the folder's owner can reach. No credentials are needed:
 * anyone who can open it could also read the folder.
 */
import { rmSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { KmsError } from '../../domain/errors.ts'
import { Wiped, wipe } from '../../domain/material/wiped.ts'
import { systemCode } from '../../ports/system-reason.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Operator } from './operator.ts'

const socketName = 'control.sock'
/** The kernel's limit on the path of a socket, minus one. */
const longestPath = 107
const bodyLimitBytes = 1024
/** Body of a request to accept a clock that moves time back. */
const acceptBack = 'back'

/**
 * @returns undefined if there cannot be one: the path is too long, or the system has no such
 * sockets.
 */
function socketPath(folder: string): string | undefined {
  const path = `${folder}/${socketName}`
  return process.platform === 'win32' || Buffer.byteLength(path) > longestPath ? undefined : path
}

/**
 * Serves the socket of a folder whose lock this process holds. @returns a function that ends it.
 */
export async function serveControl(
  folder: string,
  operator: Operator,
  log: Log,
): Promise<() => Promise<void>> {
  const path = socketPath(folder)
  if (path === undefined) {
    log.event('control-socket-missing')
    return async () => {}
  }
  // This process holds the folder's lock, so an existing socket was left by a server that is gone.
  rmSync(path, { force: true })
  const server: Server = createServer((incoming, response) => {
    answer(incoming, response, operator).catch((error: unknown) => {
      const expected = error instanceof KmsError
      if (!expected) log.event('operator-call-failed', { error })
      send(
        response,
        expected ? 400 : 500,
        JSON.stringify({ error: expected ? error.message : 'an internal error' }),
      )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // The umask of the process keeps others out of it.
    server.listen(path, resolve)
  })
  return () => new Promise((resolve) => server.close(() => resolve()))
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  operator: Operator,
): Promise<void> {
  const body = await read(incoming)
  switch (`${incoming.method} ${incoming.url}`) {
    case 'GET /projects':
      return send(response, 200, JSON.stringify(await operator.list()))
    case 'POST /projects': {
      using credentials = Wiped.of(await operator.create(body.toString()))
      return send(response, 201, credentials.bytes)
    }
    case 'GET /clock':
      return send(response, 200, JSON.stringify(await operator.clock()))
    case 'POST /clock':
      return send(
        response,
        200,
        JSON.stringify(await operator.acceptClock(body.toString() === acceptBack)),
      )
    case 'GET /loss':
      return send(response, 200, JSON.stringify(await operator.loss()))
    case 'POST /loss':
      return send(response, 200, JSON.stringify(await operator.acceptLoss()))
    case 'GET /level':
      return send(response, 200, JSON.stringify(await operator.level()))
    case 'POST /level/hold':
      return send(response, 200, JSON.stringify(await operator.holdLevel()))
    case 'POST /level/finish':
      return send(response, 200, JSON.stringify(await operator.finishLevel()))
    case 'POST /unlock': {
      const { user, project } = JSON.parse(body.toString()) as {
        readonly user: string
        readonly project?: string
      }
      return send(response, 200, JSON.stringify(await operator.unlock(user, project)))
    }
    default:
      return send(response, 404, JSON.stringify({ error: 'not found' }))
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer)
    if (Buffer.concat(chunks).length > bodyLimitBytes)
      throw new KmsError('request-too-large', 'the body is too long for a name')
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, status: number, body: string | Uint8Array): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    Connection: 'close',
  })
  response.end(bytes, () => wipe(bytes))
}

/** The same operator, provided by the server that runs on a folder; undefined if none does. */
export async function connectControl(folder: string): Promise<Operator | undefined> {
  const path = socketPath(folder)
  if (path === undefined) return undefined
  const call = (method: string, url: string, body = ''): Promise<Buffer> =>
    callSocket(path, { method, url, body })
  try {
    await call('GET', '/projects')
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) return undefined
    throw error
  }
  return {
    list: async () => JSON.parse((await call('GET', '/projects')).toString()),
    create: (name) => call('POST', '/projects', name),
    clock: async () => JSON.parse((await call('GET', '/clock')).toString()),
    acceptClock: async (back) =>
      JSON.parse((await call('POST', '/clock', back ? acceptBack : '')).toString()),
    loss: async () => JSON.parse((await call('GET', '/loss')).toString()),
    acceptLoss: async () => JSON.parse((await call('POST', '/loss')).toString()),
    level: async () => JSON.parse((await call('GET', '/level')).toString()),
    holdLevel: async () => JSON.parse((await call('POST', '/level/hold')).toString()),
    finishLevel: async () => JSON.parse((await call('POST', '/level/finish')).toString()),
    unlock: async (user, project) =>
      JSON.parse((await call('POST', '/unlock', JSON.stringify({ user, project }))).toString()),
  }
}

type ControlCall = { readonly method: string; readonly url: string; readonly body: string }

function callSocket(socketPath: string, { method, url, body }: ControlCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      path: url,
      method,
      headers: { 'Content-Length': Buffer.byteLength(body) },
    })
    outgoing.on('error', reject)
    outgoing.on('response', async (response) => {
      const chunks: Buffer[] = []
      using _chunks = Wiped.each(chunks)
      for await (const chunk of response) chunks.push(chunk as Buffer)
      const answered = Buffer.concat(chunks)
      if ((response.statusCode ?? 500) < 300) return resolve(answered)
      const { error } = JSON.parse(answered.toString()) as { error: string }
      reject(new KmsError('parameter-invalid', error))
    })
    outgoing.end(body)
  })
}
