import assert from 'node:assert/strict'
import type { Answer } from './client.ts'

export function accepted({ status, body }: Answer): void {
  assert.equal(status, 200, JSON.stringify(body))
}

/** The refusal has this status and code. */
export function refused({ status, body }: Answer, expected: number, code: string): void {
  assert.deepEqual(
    { status, code: body?.error?.error_code },
    { status: expected, code },
    JSON.stringify(body),
  )
}
