/**
 * A node over SQLite is taken to a made-up next release while an operator holds the level: it
 * writes what the release before reads, and records what it refuses because of that.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, test } from 'node:test'
import { newFolder, TestServer } from '../server.ts'

const register = new URL('../../fakes/next-release/register.ts', import.meta.url).href
const nextRelease = { NODE_OPTIONS: `--import=${register}` }

const data = newFolder()
after(() => rmSync(data, { recursive: true, force: true }))

async function running(
  environment: Readonly<Record<string, string>>,
  use: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await TestServer.start({ data, environment })
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

test('a held level is kept by the next release, until an operator ends that', async () => {
  let key = ''
  const describe = (server: TestServer, key_description: string) =>
    server.client().call('update-key-description', { key_id: key, key_description })
  await running({}, async (server) => {
    key = await server.client().createKey()
    assert.match((await server.holdfast('upgrade', '--hold')).stdout, /^level 1, held/)
  })
  await running(nextRelease, async (server) => {
    const before = (await server.leaves()).length
    assert.equal((await describe(server, 'colour red')).status, 503)
    const [record] = (await server.leaves())
      .slice(before)
      .filter((leaf) => leaf.includes('update-key-description'))
    assert.ok(record?.includes('upgrade-pending'), 'it is recorded as refused')
    assert.equal((await server.select('SELECT colour FROM keys'))[0]?.colour, null)
    assert.equal((await describe(server, 'of level 2')).status, 503, 'a value that it brought')
    assert.equal((await describe(server, 'of any level')).status, 200)
  })
  await running({}, async (server) => {
    assert.equal((await server.client().describe(key)).key_state, '2', 'and back')
  })
  await running(nextRelease, async (server) => {
    assert.match((await server.holdfast('upgrade', '--finish')).stdout, /^level 2: nothing is left/)
    assert.equal((await describe(server, 'colour red')).status, 200)
    assert.equal((await describe(server, 'of level 2')).status, 200)
  })
  await assert.rejects(TestServer.start({ data }), /the deployment is at level 2, which a newer/)
})
