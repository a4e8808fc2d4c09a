/** Each node has a log of its own; one tree is over the heads of all of them. */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const logsOfNodes: Migration = (db) => [
  db.schema.alterTable('ledgers').addColumn('epoch', 'integer'),
  table(db, 'integratedHeads', {
    id: 'text',
    treeSize: 'integer',
    treeRoot: 'blob',
    leafIndex: 'integer',
    epoch: 'integer',
  }),
  table(db, 'nodes', {
    id: 'text',
    version: 'text',
    address: 'text',
    startedAt: 'integer',
    seenAt: 'integer',
    stoppedAt: 'integer?',
  }),
  table(db, 'epochs', {
    id: 'text',
    epoch: 'integer',
    timeFloor: 'integer',
    clockAccepted: 'integer',
    lossAccepted: 'integer',
    lost: 'text?',
  }),
]
