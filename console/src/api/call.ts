/**
 * Calls to the two APIs of the server, with the session of this browser. The cookie is the
 * browser's and never seen here; the token against forged calls is kept in memory alone.
 */
import type { KmsErrorCode } from '../../../src/domain/errors.ts'

/** What a refusal says: a code of the domain, or that something went wrong in the server. */
export type RefusalCode = KmsErrorCode | 'internal-error'

/** The server refused a call, or failed at it; nothing was changed. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly requestId: string
  /** When to try again at the earliest, where the server said so: milliseconds since 1970. */
  readonly retryAt: number | undefined

  constructor(code: RefusalCode, requestId: string, retryAt?: number) {
    super(code)
    this.name = 'Refusal'
    this.code = code
    this.requestId = requestId
    this.retryAt = retryAt
  }
}

/**
 * No answer came, or not all of it: the server is gone, or the way to it. What was asked for may
 * have been done.
 */
export class NoConnection extends Error {}

export type CallHooks = {
  /** The session is over: its time ended, or it was ended elsewhere. */
  readonly onSignedOut: () => void
  /**
   * The cookie is of another session than the token is.
   * @returns whether the token is by now, so that a call is worth another try.
   */
  readonly onOtherSession: () => Promise<boolean>
  readonly onLost: () => void
  readonly onFound: () => void
}

let csrfToken = ''
let hooks: CallHooks | undefined
let lastTouchedAt = 0
let lastCalledAt = 0

/** A person who did nothing for so long is not the one who calls. */
const presenceMs = 20_000

export function setCsrfToken(token: string): void {
  csrfToken = token
}

export function setCallHooks(next: CallHooks): void {
  hooks = next
}

/** Somebody touched a key, a button or the screen. */
export function touched(): void {
  lastTouchedAt = Date.now()
}

/** When a call last went out that keeps the session alive. */
export function lastKeptAliveAt(): number {
  return lastCalledAt
}

type Options = {
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** One operation. @param body becomes JSON. @throws Refusal, NoConnection. */
export async function call<T>(
  method: string,
  path: string,
  body?: object,
  options: Options = {},
): Promise<T> {
  try {
    return await callOnce<T>(method, path, body, options)
  } catch (error) {
    const isOther = error instanceof Refusal && error.code === 'session-forged'
    if (!isOther || (await hooks?.onOtherSession()) !== true) throw error
    return callOnce<T>(method, path, body, options)
  }
}

async function callOnce<T>(
  method: string,
  path: string,
  body: object | undefined,
  { signal, headers }: Options,
): Promise<T> {
  const isPerson = Date.now() - lastTouchedAt < presenceMs
  let answer: Response
  let text: string
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: {
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(method !== 'GET' && { 'X-Holdfast-Csrf': csrfToken }),
        ...(!isPerson && { 'X-Holdfast-Background': '1' }),
        ...headers,
      },
      ...(signal !== undefined && { signal }),
    })
    text = await answer.text()
  } catch (error) {
    if (signal?.aborted === true) throw error
    hooks?.onLost()
    throw new NoConnection('no answer', { cause: error })
  }
  hooks?.onFound()
  if (isPerson) lastCalledAt = Date.now()
  if (answer.ok) return (text === '' ? {} : JSON.parse(text)) as T
  const refusal = new Refusal(
    codeOf(text),
    answer.headers.get('x-request-id') ?? '',
    retryAtOf(answer.headers),
  )
  if (answer.status === 401 && path !== sessionPath) hooks?.onSignedOut()
  throw refusal
}

/** RFC 9110, section 10.2.3, in seconds. */
function retryAtOf(headers: Headers): number | undefined {
  const seconds = headers.get('retry-after')
  return seconds === null ? undefined : Date.now() + Number(seconds) * 1000
}

export const sessionPath = '/admin/v1/session'

/** The admin API names the code; the Huawei API has its own, followed by the domain's. */
function codeOf(text: string): RefusalCode {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: RefusalCode; reason?: RefusalCode } }
    return error?.code ?? error?.reason ?? 'internal-error'
  } catch {
    return 'internal-error'
  }
}
