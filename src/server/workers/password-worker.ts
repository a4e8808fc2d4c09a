/**
 * Entry of the thread that hashes passwords: one at a time in the whole process, so hashes take no
 * more than 64 MiB.
 */
import { type MessagePort, workerData } from 'node:worker_threads'
import {
  hashOfNobody,
  hashPasswordSync,
  saltBytes,
  verifyPasswordSync,
} from '../../crypto/password.ts'
import { Wiped, wipe } from '../../domain/material/wiped.ts'
import { systemRandom } from '../../ports/random.ts'
import {
  type AnswerOf,
  type Handled,
  handlerOf,
  JobServer,
  type ToJobs,
} from '../../runtime/jobs.ts'
import { type Hashing, type PasswordJob, passwordTurns } from '../../runtime/password-client.ts'
import { Pulse } from '../../telemetry/pulse.ts'
import { yieldTo } from './priority.ts'
import { Rests } from './rests.ts'

export type PasswordWorkerData = {
  readonly ports: readonly MessagePort[]
  /** Memory in which this thread reports that it is alive. */
  readonly pulse: SharedArrayBuffer
}

yieldTo('requests')
const { ports, pulse: memory } = workerData as PasswordWorkerData
const pulse = new Pulse(memory)
pulse.start()
const nobodysHash = hashOfNobody()
const hashing = handlerOf<Hashing>({
  hash: ({ password }) => ({ answer: hashPasswordSync(password, systemRandom.bytes(saltBytes)) }),
  match: ({ password, hashed }) => ({
    answer: verifyPasswordSync(password, hashed ?? nobodysHash),
  }),
})
const server = new JobServer({
  handle: run,
  rest: new Rests().after,
  discard: ({ password }) => wipe(password),
  turns: passwordTurns,
})
for (const port of ports)
  port.on('message', (jobs: ToJobs<PasswordJob>) => server.enter(port, jobs))

function run(job: PasswordJob): Handled<AnswerOf<Hashing>> {
  pulse.begin('password')
  using _password = Wiped.of(job.password)
  return hashing(job)
}
