/** What the tests of material share: a holder to ask, and OpenSSL to compare with. */
import { execFileSync } from 'node:child_process'
import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MaterialHolder } from '../../../console/src/material/holder.ts'
import type {
  CheckRow,
  Facts,
  ReadAnswer,
  Refused,
  Target,
} from '../../../console/src/material/protocol.ts'
import { missing, tool } from '../../tools.ts'

export const keyId = '6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9'

export function target(spec: string, expected: Target['expected'] = null): Target {
  return { keyId, spec, expected }
}

/** A copy in memory of its own, as the page passes it. */
export function buffer(bytes: Uint8Array | string): ArrayBuffer {
  const copy = new Uint8Array(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  return copy.buffer
}

type Asked = { readonly holder: MaterialHolder; readonly answer: ReadAnswer }

export async function ask(
  bytes: Uint8Array | string,
  spec: string,
  isText = false,
  expected: Target['expected'] = null,
): Promise<Asked> {
  const holder = new MaterialHolder()
  return {
    holder,
    answer: await holder.read({ target: target(spec, expected), bytes: buffer(bytes), isText }),
  }
}

export async function factsOf(bytes: Uint8Array | string, spec: string): Promise<Facts> {
  return readFacts((await ask(bytes, spec)).answer)
}

export function readFacts(answer: ReadAnswer): Facts {
  if (answer.kind !== 'read') throw new TypeError(`not read: ${JSON.stringify(answer)}`)
  return answer.facts
}

export async function refusalOf(
  bytes: Uint8Array | string,
  spec: string,
  isText = false,
): Promise<Refused> {
  const { answer } = await ask(bytes, spec, isText)
  if (answer.kind !== 'refused') throw new TypeError(`not refused: ${JSON.stringify(answer)}`)
  return answer
}

/** The checks by result, such as `size exponent | numbers | close-primes roca signs`. */
export function verdict(checks: readonly CheckRow[]): string {
  const named = (result: CheckRow['result']): string =>
    checks
      .filter((row) => row.result === result)
      .map(({ check }) => check)
      .join(' ')
  return [named('passed'), named('failed'), named('not-run')].join(' | ')
}

/** The DER that a holder shows as PEM. */
export function shownDer(holder: MaterialHolder): Buffer {
  return Buffer.from(holder.show().text.replaceAll(/-----.*?-----|\s/g, ''), 'base64')
}

export function fingerprint(key: KeyObject): string {
  return hash('sha256', createPublicKey(key).export({ format: 'der', type: 'spki' }), 'hex')
}

/**
 * Runs the real OpenSSL; `@` among the arguments is the name of a file that holds `input`. Without
 * OpenSSL it gives nothing: tests that use the result are skipped by `missing('openssl')`.
 */
export function openssl(input: string | Uint8Array, ...args: string[]): Buffer {
  if (missing('openssl') !== false) return Buffer.alloc(0)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-openssl-'))
  const file = join(folder, 'in')
  writeFileSync(file, input)
  try {
    return execFileSync(
      tool('openssl'),
      args.map((arg) => (arg === '@' ? file : arg)),
      // What reads the file may end before anything could be written to it.
      args.includes('@')
        ? { stdio: ['ignore', 'pipe', 'ignore'] }
        : { input, stdio: ['pipe', 'pipe', 'ignore'] },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}
