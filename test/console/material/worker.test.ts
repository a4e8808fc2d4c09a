/**
 * The worker as the page sees it: answers in the order of the requests, and defects that reveal
 * nothing.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FromWorker, RequestName, Requests } from '../../../console/src/material/protocol.ts'
import { buffer, target } from './holding.ts'

type Scope = {
  onmessage: (event: { data: object }) => void
  postMessage: (message: FromWorker) => void
}

const scope = globalThis as unknown as Scope
const answers: FromWorker[] = []
let onAnswer: () => void = () => {}
scope.postMessage = (message) => {
  answers.push(message)
  onAnswer()
}
await import('../../../console/src/material/worker.ts')

const post = <N extends RequestName>(id: number, name: N, ask: Requests[N]['ask']): void =>
  scope.onmessage({ data: { id, name, ask } })

function answered(count: number): Promise<void> {
  return new Promise((resolve) => {
    onAnswer = () => answers.length >= count && resolve()
    onAnswer()
  })
}

test('one request at a time, in the order in which they came; a defect carries no text and ends nothing', async () => {
  const secret = 'f1'.repeat(31)
  post(1, 'make', { target: target('RSA_2048') })
  post(2, 'read', { target: target('AES_256'), bytes: buffer(secret), isText: true })
  post(3, 'show', {})
  post(4, 'read', { target: target('NO_SUCH_SPEC'), bytes: buffer(secret), isText: true })
  post(5, 'make', { target: target('AES_256') })
  post(6, 'show', {})
  post(7, 'wipe', {})
  post(8, 'show', {})
  await answered(8)
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, 2, 3, 4, 5, 6, 7, 8],
  )
  assert.deepEqual(
    answers.filter((answer) => 'defect' in answer),
    [3, 4, 8].map((id) => ({ id, defect: true })),
  )
  assert.ok(!JSON.stringify(answers).includes(secret))
})
