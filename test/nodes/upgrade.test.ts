/**
 * Three nodes under load are taken to a made-up next release, one at a time, there and back: one
 * column, one table and one index over many keys. Nobody notices, and what the release brings is
 * written only once all nodes can read it.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filler } from '../crash/audit-check.ts'
import { HuaweiClient, readCredentials } from '../e2e/client.ts'
import { until } from '../e2e/until.ts'
import { Sql } from '../fakes/postgres.ts'
import { DatabaseHost, withoutHosts } from './database-host.ts'
import { Deployment } from './fault.ts'
import { scaled } from './scale.ts'

const timeout = 20 * 60_000
const register = new URL('../fakes/next-release/register.ts', import.meta.url).href
const nextRelease = { NODE_OPTIONS: `--import=${register}` }
const manyKeys = scaled({ full: 3_000_000, short: 100_000 })

describe('three nodes and the next release', { skip: withoutHosts }, () => {
  let host: DatabaseHost
  let deployment: Deployment

  before(async () => {
    host = await DatabaseHost.start(['max_connections = 200', 'max_wal_size = 4GB'])
    deployment = await Deployment.start([host.url, host.url, host.url], () => host.url)
    await fill(deployment, host)
  })
  after(async () => {
    await deployment?.[Symbol.asyncDispose]()
    await host?.[Symbol.asyncDispose]()
  })

  const toNext = async (node: number): Promise<void> => {
    await deployment.nodes.stop(node)
    await deployment.nodes.restart(node, nextRelease)
  }
  const toThis = async (node: number): Promise<void> => {
    await deployment.nodes.stop(node)
    await deployment.nodes.restart(node)
  }
  const query = async (statement: string): Promise<Record<string, unknown>[]> => {
    const sql = new Sql(host.url)
    try {
      return await sql.rows(statement)
    } finally {
      await sql.end()
    }
  }
  const level = async (): Promise<unknown> =>
    (await query('SELECT level FROM epochs'))[0]?.level ?? null
  const upgrade = async (node: number, ...flags: string[]): Promise<string> => {
    const server = deployment.nodes.server(node)
    return (await server.holdfast('upgrade', ...flags, '--database-url', host.url)).stdout
  }
  const colour = async (node: number, key: string, name: string) =>
    deployment.nodes.client(node)?.call('update-key-description', {
      key_id: key,
      key_description: `colour ${name}`,
    })

  test('there and back, one node at a time, with restarts of both releases', { timeout }, (t) =>
    deployment.endures(t, async () => {
      const { nodes } = deployment
      await nodes.stop(0)
      let isMigrated = false
      const migrated = nodes.restart(0, nextRelease).then(() => {
        isMigrated = true
      })
      await until(async () => isMigrated || (await isUnderWay(query)), timeout)
      const began = performance.now()
      await toThis(1)
      const cameBackMs = performance.now() - began
      if (scaled({ full: 1, short: 0 }) === 1)
        assert.equal(isMigrated, false, 'a node of this release restarts while the index is made')
      await migrated
      t.diagnostic(`a node of this release came back in ${Math.round(cameBackMs)} ms`)
      const [index] = await query(
        "SELECT indisvalid::int AS valid FROM pg_index WHERE indexrelid = 'keys_colour'::regclass",
      )
      assert.equal(index?.valid, 1)
      await toNext(1)
      await nodes.kill(2)
      await nodes.restart(2)
      await toThis(1)
      await toThis(0)
    }),
  )

  test('what the next release brings waits for all nodes; an operator holds it, and ends that', {
    timeout,
  }, async (t) => {
    const { nodes } = deployment
    await deployment.endures(t, async () => {
      await toNext(0)
      await toNext(1)
      // Until it is there, the one that starts is waited for as well.
      const isLast = async () => /^level 1 of 2: waiting for [0-9a-f]{16}\n/.test(await upgrade(0))
      await until(isLast, 40_000)
      assert.match(await upgrade(1, '--hold'), /^level 1, held: nodes can go back/)
      await toNext(2)
      await sleep(2000)
      assert.equal(await level(), 1, 'held')
      await toThis(2)
    })
    const made = (await nodes.client(0)?.createKey()) ?? ''
    const early = await colour(0, made, 'red')
    assert.equal(early?.status, 503)
    assert.match(JSON.stringify(early?.body), /some nodes still run the release before/)
    assert.match(await upgrade(0, '--finish'), /^level 2: nothing is left to do/)
    const { url } = nodes.server(2)
    await until(async () => {
      const ready = await fetch(`${url}/readyz`)
      return ready.status === 503 && (await ready.text()).includes('newer-release')
    }, 40_000)
    const late = await nodes.client(2)?.call('list-keys', {})
    assert.equal(late?.status, 503)
    assert.match(JSON.stringify(late?.body), /nothing is done/)
    await nodes.stop(2)
    await assert.rejects(nodes.restart(2), /the deployment is at level 2, which a newer Holdfast/)
    await nodes.restart(2, nextRelease)
    for (const node of [0, 1, 2]) {
      const answer = await colour(node, made, `number ${node}`)
      assert.equal(answer?.status, 200, JSON.stringify(answer?.body))
      const [row] = await query(`SELECT colour, schema_version FROM keys WHERE id = '${made}'`)
      assert.deepEqual(row, { colour: `number ${node}`, schema_version: 4 })
    }
    const alarms = /"(row-damaged|due-work-blocked|schema-changed|schema-acts)"|integrity check/
    const said = nodes.said.filter((line) => alarms.test(line) && !line.includes(`"${filler}`))
    assert.deepEqual(said, [])
  })
})

/** Whether a node has begun to change the schema. */
async function isUnderWay(
  query: (statement: string) => Promise<Record<string, unknown>[]>,
): Promise<boolean> {
  const [found] = await query("SELECT to_regclass('schema_places')::text AS places")
  return found?.places !== null
}

/** Keys of a project of their own, which only make tables and indexes large. */
async function fill(deployment: Deployment, host: DatabaseHost): Promise<void> {
  const server = deployment.nodes.server(0)
  const file = join(server.data, 'filler.json')
  await server.holdfast(
    'project',
    'create',
    'filler',
    '--credentials',
    file,
    '--database-url',
    host.url,
  )
  const owner = new HuaweiClient(server.url, readCredentials(file))
  const id = await owner.createKey()
  owner.close()
  const sql = new Sql(host.url)
  const columns = await sql.rows(
    "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'keys'::regclass AND attnum > 0 AND NOT attisdropped",
  )
  const own: Readonly<Record<string, string>> = {
    id: `'${filler}' || n`,
    project_id: "'filler'",
    list_number: 'n',
    alias: `'${filler}' || n`,
  }
  const names = columns.map(({ name }) => String(name))
  await sql.rows(
    `INSERT INTO keys (${names.join(', ')}) SELECT ${names.map((name) => own[name] ?? name).join(', ')}
     FROM keys, generate_series(1, ${manyKeys}) n WHERE id = '${id}'`,
  )
  await sql.rows('ANALYZE keys')
  await sql.end()
}
