/** The worker that holds the material. One request at a time, in the order in which they came. */
import { MaterialHolder } from './holder.ts'
import type { FromWorker, RequestName, ToWorker } from './protocol.ts'

type Scope = {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null
  postMessage(message: FromWorker): void
}

const scope = globalThis as unknown as Scope
const holder = new MaterialHolder()
const handlers: Readonly<Record<RequestName, (ask: never) => unknown>> = {
  make: (ask) => holder.make(ask),
  read: (ask) => holder.read(ask),
  reply: (ask) => holder.reply(ask),
  readShares: (ask) => holder.readShares(ask),
  show: () => holder.show(),
  wrap: (ask) => holder.wrap(ask),
  seal: (ask) => holder.seal(ask),
  share: (ask) => holder.share(ask),
  prove: (ask) => holder.prove(ask),
  proveShares: (ask) => holder.proveShares(ask),
  wipe: () => holder.wipe(),
}

let turn: Promise<void> = Promise.resolve()
scope.onmessage = ({ data: { id, name, ask } }) => {
  turn = turn.then(async () => {
    try {
      scope.postMessage({ id, answer: (await handlers[name](ask as never)) as never })
    } catch {
      scope.postMessage({ id, defect: true })
    }
  })
}
