/**
 * What a dialect is: whose requests are its own, which operation they ask for, how their senders
 * are known, and how it words an answer. Everything between is the same for all of them.
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
   * Whether a request is of this dialect, by its first line and headers. Nothing of it was read
   * strictly yet.
   */
  readonly recognizes: (start: RequestStart) => boolean
  /** How senders of its requests may be known, in the order in which they are asked. */
  readonly schemes: readonly SchemeName[]
  readonly routing: Routing
  /** What is answered to anybody, such as a sign-in; undefined for a call. */
  readonly open?: (exchange: Exchange, head: Head, service: Service) => Run | undefined
  /**
   * Which refusal a field gets that is not as its schema asks; every other one is simply an invalid
   * parameter.
   */
  readonly fieldRefusals: Readonly<Record<string, KmsErrorCode>>
  /**
   * How a refusal looks; of anything that was thrown besides, no more than that something went
   * wrong.
   */
  readonly refusal: (error: unknown) => Refusal
}

/** How a dialect finds out what a request asks for: by its path, a header, or its content. */
export type Routing = {
  /** Judges a head before anything else. @throws KmsError request-malformed. */
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
  /** The project that the request names: it must be the caller's. */
  readonly project?: string
  /** Fields that stand outside the body, as in the path. */
  readonly named: Readonly<Record<string, string>>
}

export type Refusal = {
  readonly status: number
  readonly body: string
  /** Names and values alternating. */
  readonly headers: readonly string[]
}

/** What a request thread has for every dialect. */
export type ServiceParts = {
  readonly schemes: Schemes
  readonly signIn: SignIn
  readonly engine: Engine
  readonly anonymous: AnonymousCalls
  /** Address for clients, if it is set; else what they call it themselves. */
  readonly publicUrl: string | undefined
  readonly tls: boolean
  /** Told how every call ended: operation, `ok` or the code of the refusal, seconds it took. */
  readonly onAnswered: (operation: string, outcome: string, seconds: number) => void
  /** A defect of ours, for the log. */
  readonly onDefect: (error: unknown, requestId: string) => void
}

/** The same, as one dialect has it. */
export type Service = ServiceParts & {
  readonly dialect: Dialect
  readonly authenticator: Authenticator
}

/**
 * Of a refusal that passes by itself a client is told when to try again.
 * @param status of the answer.
 */
export function retryHeaders(error: unknown, status: number): readonly string[] {
  const seconds = retryAfterOf(error, status)
  return seconds === undefined ? [] : ['Retry-After', String(seconds)]
}
