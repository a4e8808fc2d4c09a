/**
 * What a dialect is: which requests belong to it, which operation they ask for, how their senders
 * are authenticated, and how answers are worded. Everything in between is the same for all
 * dialects.
 */
import type { Authenticator, SchemeName, Schemes } from '../access/authenticator.ts'
import type { SignIn } from '../access/sign-in.ts'
import { type KmsErrorCode, retryAfterOf } from '../domain/errors.ts'
import type { AnonymousCalls } from '../engine/access/anonymous-calls.ts'
import type { Engine } from '../engine/engine.ts'
import type { AnswerFormat, Exchange, Head } from '../http/exchange.ts'
import type { RequestStart } from '../http/listener.ts'
import type { Run } from '../http/turn-queue.ts'
import type { SignedRequest } from '../wire/signing/sdk-hmac.ts'
import type { JsonObject } from '../wire/strict-json.ts'
import type { AnyOperation } from './operation.ts'

export type Dialect = AnswerFormat & {
  /** Name in audit records. */
  readonly name: string
  /**
   * Whether a request belongs to this dialect, judged by its first line and headers, which are not
   * strictly parsed yet.
   */
  readonly recognizes: (start: RequestStart) => boolean
  /** How senders of its requests may authenticate, in the order in which the schemes are tried. */
  readonly schemes: readonly SchemeName[]
  readonly routing: Routing
  /** Handles what needs no credentials, such as a sign-in; undefined for a call. */
  readonly open?: (exchange: Exchange, head: Head, service: Service) => Run | undefined
  /**
   * The refusal for a field that fails its schema; fields not listed here are refused as an invalid
   * parameter.
   */
  readonly fieldRefusals: Readonly<Record<string, KmsErrorCode>>
  /** The text of an answer, from what its operation writes; JSON if omitted. */
  readonly textOf?: (written: object) => string
  /** How a refusal looks. Any other error reveals no more than that something went wrong. */
  readonly refusal: (error: unknown) => Refusal
}

/** How a dialect determines what a request asks for: by its path, a header, or its content. */
export type Routing = {
  /** Checks a head before anything else. @throws KmsError request-malformed. */
  readonly check: (method: string, head: Head) => void
  /** @throws KmsError operation-unknown, method-not-supported. */
  readonly find: (request: SignedRequest) => Found
  /**
   * Everything that the request states, by field.
   * @throws KmsError parameter-invalid, WireError bad-json.
   */
  readonly fields: (request: SignedRequest, found: Found) => JsonObject
}

export type Found = {
  readonly operation: AnyOperation
  /** The project that the request names; it must be the caller's. */
  readonly project?: string
  /** Fields from outside the body, such as the path. */
  readonly named: Readonly<Record<string, string>>
}

export type Refusal = {
  readonly status: number
  readonly body: string
  /** Names and values alternating. */
  readonly headers: readonly string[]
}

/** What a request thread provides to every dialect. */
export type ServiceParts = {
  readonly schemes: Schemes
  readonly signIn: SignIn
  readonly engine: Engine
  readonly anonymous: AnonymousCalls
  /** Address for clients, if one is set; otherwise the one that they used. */
  readonly publicUrl: string | undefined
  readonly tls: boolean
  /** Called when a call ends: operation, `ok` or the code of the refusal, duration in seconds. */
  readonly onAnswered: (operation: string, outcome: string, seconds: number) => void
  /** Reports a defect of ours, for the log. */
  readonly onDefect: (error: unknown, requestId: string) => void
}

/** The same, for one dialect. */
export type Service = ServiceParts & {
  readonly dialect: Dialect
  readonly authenticator: Authenticator
}

/**
 * Tells a client when to retry after a temporary refusal.
 * @param status of the answer.
 */
export function retryHeaders(error: unknown, status: number): readonly string[] {
  const seconds = retryAfterOf(error, status)
  return seconds === undefined ? [] : ['Retry-After', String(seconds)]
}
