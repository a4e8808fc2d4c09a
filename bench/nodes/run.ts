/**
 * `npm run bench:nodes`: what several nodes on one PostgreSQL write together, compared in one run
 * with how groups were written before each node had a log of its own, as ratios.
 * docs/benchmarks.md says how to read it.
 */
import { parseArgs } from 'node:util'
import { PostgresServer, withoutPostgres } from '../../test/fakes/postgres.ts'
import { pinLoad } from '../server.ts'
import { costOfRecords } from './cost.ts'
import { farWriters, nearAndFar, threeWriters } from './points.ts'
import { type Point, show, summarize } from './report.ts'
import { wholeNodes } from './servers.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '1,2,3,4,5' },
    smoke: { type: 'boolean', default: false },
  },
})
const pace = values.smoke
  ? { rounds: 1, seconds: 0.3 }
  : { rounds: Number(values.rounds), seconds: Number(values.seconds) }
const wanted = values.only.split(',')

if (withoutPostgres !== false) throw new Error(withoutPostgres)
const server = await PostgresServer.start()
const points: Point[] = []
const measures: readonly (() => Promise<Point>)[] = [
  () => threeWriters(server, pace),
  () => farWriters(server, pace),
  () => nearAndFar(server, pace),
  () => costOfRecords(server, values.smoke),
  // The last one, because the load is kept apart from then on.
  () => {
    pinLoad()
    return wholeNodes(pace)
  },
]
console.log(
  `Node ${process.version}; ${pace.rounds} rounds of ${pace.seconds} s each, interleaved; medians`,
)
try {
  for (const [i, measure] of measures.entries()) {
    if (!wanted.includes(`${i + 1}`)) continue
    const point = await measure()
    show(point)
    points.push(point)
  }
} finally {
  await server.stop()
}
summarize(points)
