/** The Huawei Cloud KMS API, REST v1.0: what unmodified clients of it speak. */
import { CallRun } from '../../calls/call-run.ts'
import type { AnonymousCalls } from '../../engine/anonymous-calls.ts'
import { auditUnavailable } from '../../engine/engine.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Mount } from '../../http/listener.ts'
import type { Run } from '../../http/turn-queue.ts'
import { dialect } from './dialect.ts'
import { wireAnswer } from './errors.ts'
import { type HuaweiParts, TokenRun, tokenPath } from './token-run.ts'
import { versionsAnswer } from './versions.ts'

const prefixes = ['/v1.0', '/v2', '/v3'] as const

/** Where clients ask about a version, be it one that there is not. */
const anyVersion = /^\/v\d+(\.\d+)*$/

export function huaweiMount(parts: HuaweiParts): Mount {
  return {
    claims: (method, rawTarget) =>
      (method === 'GET' && (rawTarget === '/' || anyVersion.test(rawTarget))) ||
      prefixes.some((prefix) => isUnder(prefix, rawTarget)),
    begin(exchange) {
      if (exchange.method === 'POST' && pathOf(exchange.rawTarget) === tokenPath) return new TokenRun(parts, exchange)
      const versions = versionsAnswer(exchange.method, exchange.rawTarget)
      return versions === undefined ? new CallRun(dialect, parts, exchange) : new VersionsRun(parts.anonymous, exchange, versions)
    },
  }
}

/** An answer that needs no credentials; it is recorded all the same. */
class VersionsRun implements Run {
  readonly stages = 1
  readonly #anonymous: AnonymousCalls
  readonly #exchange: Exchange
  readonly #answer: string

  constructor(anonymous: AnonymousCalls, exchange: Exchange, answer: string) {
    this.#anonymous = anonymous
    this.#exchange = exchange
    this.#answer = answer
  }

  stage(): void {
    const { requestId, source } = this.#exchange
    this.#anonymous.record({ requestId, source, dialect: dialect.name, operation: 'list-versions', outcome: 'ok' }, (receipt) => {
      if (receipt === 'recorded') return this.#exchange.answer(200, this.#answer)
      const { status, body } = wireAnswer(auditUnavailable())
      this.#exchange.answer(status, body)
    })
  }

  fail(error: unknown): void {
    const { status, body } = wireAnswer(error)
    this.#exchange.answer(status, body, { close: true })
  }
}

function pathOf(rawTarget: string): string {
  return rawTarget.split('?', 1)[0] ?? ''
}

function isUnder(prefix: string, rawTarget: string): boolean {
  return rawTarget.startsWith(prefix) && (rawTarget.length === prefix.length || '/?'.includes(rawTarget.charAt(prefix.length)))
}
