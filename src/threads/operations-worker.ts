/** Entry of a thread that signs, verifies, encrypts, decrypts and agrees on secrets with asymmetric keys. */
import { type MessagePort, workerData } from 'node:worker_threads'
import type { OperationJob } from '../cluster/asymmetric-client.ts'
import { type Handled, JobServer, type ToJobs } from '../cluster/jobs.ts'
import { sharedSecret } from '../crypto/key-agreement.ts'
import { decryptOaep, encryptOaep } from '../crypto/oaep.ts'
import { isSignatureOf, signatureOf } from '../crypto/signatures.ts'
import { decryptSm2 } from '../crypto/sm2-encryption.ts'
import { Pulse } from '../observe/pulse.ts'
import { yieldTo } from './priority.ts'

export type OperationsWorkerData = {
  readonly ports: readonly MessagePort[]
  /** In which this thread says that it lives. */
  readonly pulse: SharedArrayBuffer
}

yieldTo('requests')
const { ports, pulse: memory } = workerData as OperationsWorkerData
const pulse = new Pulse(memory)
pulse.start()
const server = new JobServer({
  handle: run,
  discard: (job) => job.kind === 'encrypt' && job.plaintext.fill(0),
})
for (const port of ports) port.on('message', (jobs: ToJobs<OperationJob>) => server.enter(port, jobs))

function run(job: OperationJob): Handled<unknown> {
  pulse.begin(job.kind)
  switch (job.kind) {
    case 'sign':
      return { answer: new Uint8Array(signatureOf(job.privateKey, job.publicKey, job.algorithm, job.what)) }
    case 'verify':
      return { answer: isSignatureOf(job.publicKey, job.algorithm, job.what, job.signature) }
    case 'encrypt':
      try {
        return { answer: new Uint8Array(encryptOaep(job.publicKey, job.plaintext)) }
      } finally {
        job.plaintext.fill(0)
      }
    case 'decrypt':
      return handOver(decryptOaep(job.privateKey, job.ciphertext))
    case 'decrypt-sm2':
      return handOver(decryptSm2(job.privateKey, job.ciphertext))
    case 'agree':
      return handOver(sharedSecret(job.privateKey, job.spki, job.peer))
  }
}

/** Secret bytes leave this thread whole: nothing of them stays behind. */
function handOver(secret: Uint8Array | undefined): Handled<Uint8Array | undefined> {
  return { answer: secret, ...(secret && { transfer: [secret.buffer as ArrayBuffer] }) }
}
