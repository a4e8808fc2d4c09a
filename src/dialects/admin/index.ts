/** The admin API: what the console needs beside the KMS itself. */
import { CallRun, type Dialect } from '../../calls/call-run.ts'
import { auditUnavailable } from '../../engine/engine.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Mount } from '../../http/listener.ts'
import type { Run } from '../../http/turn-queue.ts'
import { wireAnswer } from './errors.ts'
import { openApiPath, openApiText } from './openapi.ts'
import { routes } from './routes.ts'
import { type AdminParts, dialectName, SignInRun, signInPath } from './sign-in-run.ts'

const prefix = '/admin/'
const dialect: Dialect = { name: dialectName, routes, fieldRefusals: {}, refusal: wireAnswer }

export function adminMount(parts: AdminParts): Mount {
  return {
    claims: (_, rawTarget) => rawTarget.startsWith(prefix),
    begin(exchange) {
      if (exchange.method === 'POST' && exchange.rawTarget === signInPath) return new SignInRun(parts, exchange)
      if (exchange.method === 'GET' && exchange.rawTarget === openApiPath) return new OpenApiRun(parts, exchange)
      return new CallRun(dialect, parts, exchange)
    },
  }
}

/** A document that anybody may read; that somebody did is recorded all the same. */
class OpenApiRun implements Run {
  readonly stages = 1
  readonly #parts: AdminParts
  readonly #exchange: Exchange

  constructor(parts: AdminParts, exchange: Exchange) {
    this.#parts = parts
    this.#exchange = exchange
  }

  stage(): void {
    const { requestId, source } = this.#exchange
    const call = { requestId, source, dialect: dialectName, operation: 'get-openapi', outcome: 'ok' }
    this.#parts.anonymous.record(call, (receipt) => {
      if (receipt === 'recorded') return this.#exchange.answer(200, openApiText())
      const { status, body } = wireAnswer(auditUnavailable())
      this.#exchange.answer(status, body)
    })
  }

  fail(error: unknown): void {
    const { status, body } = wireAnswer(error)
    this.#exchange.answer(status, body, { close: true })
  }
}
