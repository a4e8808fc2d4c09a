/**
 * Entry of a short-lived thread that generates and checks private keys: remains of them in its heap
 * end with it.
 */
import { parentPort } from 'node:worker_threads'
import { generatePrivateKey, vetPrivateKey } from '../../crypto/asymmetric/private-keys.ts'
import { unwrapKey } from '../../crypto/key-wrap.ts'
import { asymmetricSpec, type PrivateKeyPair } from '../../domain/keys/key-specs.ts'
import { Wiped } from '../../domain/material/wiped.ts'
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
      using taken = Wiped.of(temporaryKey)
      using pkcs8 = Wiped.of(unwrapKey(cipher, taken.bytes, bytes))
      if (pkcs8.bytes === undefined) return { answer: undefined }
      return handOver(vetPrivateKey(asymmetricSpec(spec), pkcs8.bytes))
    },
  }),
})
parent?.on('message', (jobs: ToJobs<MakerJob>) => server.enter(parent, jobs))

function handOver(pair: PrivateKeyPair): Handled<PrivateKeyPair> {
  return { answer: pair, transfer: [pair.pkcs8.buffer as ArrayBuffer] }
}
