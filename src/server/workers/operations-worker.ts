/**
 * Entry of a thread that signs, verifies, encrypts, decrypts and agrees on secrets with asymmetric
 * keys.
 */
import { type MessagePort, workerData } from 'node:worker_threads'
import { sharedSecret } from '../../crypto/asymmetric/key-agreement.ts'
import { decryptOaep, encryptOaep } from '../../crypto/asymmetric/oaep.ts'
import { isSignatureOf, signatureOf } from '../../crypto/asymmetric/signatures.ts'
import { decryptSm2 } from '../../crypto/asymmetric/sm2-encryption.ts'
import { Wiped, wipe } from '../../domain/material/wiped.ts'
import type { Operations } from '../../runtime/asymmetric-client.ts'
import { type Handled, handlerOf, type JobOf, JobServer, type ToJobs } from '../../runtime/jobs.ts'
import { Pulse } from '../../telemetry/pulse.ts'
import { yieldTo } from './priority.ts'
import { Rests } from './rests.ts'

export type OperationsWorkerData = {
  readonly ports: readonly MessagePort[]
  /** Memory in which this thread reports that it is alive. */
  readonly pulse: SharedArrayBuffer
}

yieldTo('requests')
const { ports, pulse: memory } = workerData as OperationsWorkerData
const pulse = new Pulse(memory)
pulse.start()

const run = handlerOf<Operations>({
  sign: ({ privateKey, publicKey, algorithm, what }) => ({
    answer: new Uint8Array(signatureOf(privateKey, publicKey, algorithm, what)),
  }),
  verify: ({ publicKey, algorithm, what, signature }) => ({
    answer: isSignatureOf(publicKey, algorithm, what, signature),
  }),
  encrypt({ publicKey, plaintext }) {
    using taken = Wiped.of(plaintext)
    return { answer: new Uint8Array(encryptOaep(publicKey, taken.bytes)) }
  },
  decrypt: ({ privateKey, ciphertext }) => handOver(decryptOaep(privateKey, ciphertext)),
  'decrypt-sm2': ({ privateKey, ciphertext }) => handOver(decryptSm2(privateKey, ciphertext)),
  agree: ({ privateKey, spki, peer }) => handOver(sharedSecret(privateKey, spki, peer)),
})
const server = new JobServer({
  rest: new Rests().after,
  handle(job: JobOf<Operations>) {
    pulse.begin(job.kind)
    return run(job)
  },
  discard: (job) => job.kind === 'encrypt' && wipe(job.plaintext),
})
for (const port of ports)
  port.on('message', (jobs: ToJobs<JobOf<Operations>>) => server.enter(port, jobs))

/** Secret bytes are transferred out of this thread: no copy stays behind. */
function handOver(secret: Uint8Array | undefined): Handled<Uint8Array | undefined> {
  return { answer: secret, ...(secret && { transfer: [secret.buffer as ArrayBuffer] }) }
}
