/**
 * Entry of a short-lived thread that generates and checks private keys: remains of them in its heap
 * end with it.
 */
import { parentPort } from 'node:worker_threads'
import { generatePrivateKey, vetPrivateKey } from '../../crypto/asymmetric/private-keys.ts'
import { unwrapKey } from '../../crypto/key-wrap.ts'
import { asymmetricSpec, type PrivateKeyPair } from '../../domain/keys/key-specs.ts'
import type { MakerJob, Making } from '../../runtime/asymmetric-client.ts'
import { type Handled, handlerOf, JobServer, type ToJobs } from '../../runtime/jobs.ts'
import { yieldTo } from './priority.ts'
import { Rests } from './rests.ts'

yieldTo('operations')
const parent = parentPort
const server = new JobServer({
  rest: new Rests().after,
  handle: handlerOf<Making>({
    make: ({ spec }) => handOver(generatePrivateKey(asymmetricSpec(spec))),
    vet({ spec, wrapped: { cipher, temporaryKey, bytes } }) {
      const pkcs8 = unwrapKey(cipher, temporaryKey, bytes)
      temporaryKey.fill(0)
      if (pkcs8 === undefined) return { answer: undefined }
      try {
        return handOver(vetPrivateKey(asymmetricSpec(spec), pkcs8))
      } finally {
        pkcs8.fill(0)
      }
    },
  }),
})
parent?.on('message', (jobs: ToJobs<MakerJob>) => server.enter(parent, jobs))

function handOver(pair: PrivateKeyPair): Handled<PrivateKeyPair> {
  return { answer: pair, transfer: [pair.pkcs8.buffer as ArrayBuffer] }
}
