/** Groups that several nodes write at once: near the database, far from it, and some of each. */
import { openSession } from '../../src/store/postgres/session.ts'
import type { PostgresServer } from '../../test/fakes/postgres.ts'
import { recordsTable, WriterBefore } from './before.ts'
import { SlowLink } from './delay.ts'
import type { Point, Row } from './report.ts'
import { compare, Node, type Pace } from './rounds.ts'
import { makeScene, type Scene } from './scene.ts'

/** What a link to a database in another region takes in each direction. */
const farMs = 10
const usualSize = 32

/** A database in which groups are written the way they were before. */
export async function sceneBefore(server: PostgresServer): Promise<Scene> {
  const scene = await makeScene(await server.database())
  const session = await openSession(scene.url)
  await session.rows(recordsTable)
  session.close()
  const writer = await WriterBefore.open(scene)
  await writer.makeHead()
  writer.close()
  return scene
}

export async function threeWriters(server: PostgresServer, pace: Pace): Promise<Point> {
  const scenes = {
    before: await sceneBefore(server),
    today: await makeScene(await server.database()),
  }
  const rows: Row[] = []
  for (const size of [usualSize, 256]) {
    const before = await Node.many(3, { way: 'before', scene: scenes.before, size })
    const today = await Node.many(3, { way: 'today', scene: scenes.today, size })
    const rates = await compare(
      [
        { name: 'before', nodes: before },
        { name: 'today', nodes: today },
      ],
      pace,
    )
    await endAll([...before, ...today])
    const [then, now] = [rates.get('before') ?? 0, rates.get('today') ?? 0]
    const name = `groups of ${size} records`
    const ratio = { what: `${name}, three writers, today / before`, value: now / then, target: 3 }
    rows.push({ name, figures: [then, now], ratio })
  }
  return { title: '1. Groups a second of three writers', columns: ['before', 'today'], rows }
}

/** Nodes that reach the database over a slow link, and lanes of one such node. */
export async function farWriters(server: PostgresServer, pace: Pace): Promise<Point> {
  const link = await SlowLink.open(server.port, farMs)
  const scene = far(await makeScene(await server.database()), server, link)
  const size = usualSize
  const nodes = await Node.many(6, { way: 'today', scene, size })
  const [oneLane, sixLanes] = [
    await Node.start({ way: { lanes: 1 }, scene, size }),
    await Node.start({ way: { lanes: 6 }, scene, size }),
  ]
  // Lanes open while the link proves to be slow.
  for (let opened = 0; opened < 120; ) opened += await sixLanes.write(500)
  const rates = await compare(
    [
      ...[1, 3, 6].map((count) => ({ name: `${count}`, nodes: nodes.slice(0, count) })),
      { name: 'one lane', nodes: [oneLane] },
      { name: 'six lanes', nodes: [sixLanes] },
    ],
    pace,
  )
  await endAll([...nodes, oneLane, sixLanes])
  await link.close()
  const of = (name: string): number => rates.get(name) ?? 0
  const rowOf = (name: string, figures: [string, string], target: number): Row => {
    const [from, to] = figures.map(of) as [number, number]
    return { name, figures: [from, to], ratio: { what: name, value: to / from, target } }
  }
  return {
    title: `2. Groups of ${size} a second with ${farMs} ms to the database and ${farMs} ms back`,
    columns: ['one', 'several'],
    rows: [
      rowOf('three far writers / one', ['1', '3'], 2.5),
      rowOf('six far writers / one', ['1', '6'], 5),
      rowOf('six lanes of a far node / one', ['one lane', 'six lanes'], 5),
    ],
  }
}

/** Two nodes near the database, with and without one far from it. */
export async function nearAndFar(server: PostgresServer, pace: Pace): Promise<Point> {
  const link = await SlowLink.open(server.port, farMs)
  const scenes = {
    before: await sceneBefore(server),
    today: await makeScene(await server.database()),
  }
  const size = usualSize
  const rows: Row[] = []
  for (const way of ['before', 'today'] as const) {
    const near = await Node.many(2, { way, scene: scenes[way], size })
    const others = [await Node.start({ way, scene: far(scenes[way], server, link), size })]
    const rates = await compare(
      [
        { name: 'alone', nodes: near },
        { name: 'with', nodes: near, others },
      ],
      pace,
    )
    await endAll([...near, ...others])
    const [alone, withFar] = [rates.get('alone') ?? 0, rates.get('with') ?? 0]
    const what = 'two near writers, with a far one / alone'
    const ratio = { what, value: withFar / alone, target: 0.9 }
    // How it was before has no target.
    const name = way === 'today' ? what : `before: ${(withFar / alone).toFixed(2)}`
    rows.push({ name, figures: [alone, withFar], ...(way === 'today' && { ratio }) })
  }
  await link.close()
  const title = `3. Groups of ${size} a second of two near writers, on the same rows as a far one`
  return { title, columns: ['alone', 'with far'], rows }
}

function far(scene: Scene, server: PostgresServer, link: SlowLink): Scene {
  return { ...scene, url: scene.url.replace(`:${server.port}/`, `:${link.port}/`) }
}

async function endAll(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.end()))
}
