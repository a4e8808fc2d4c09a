/**
 * A kill at every step of every kind of write, one after the other, until the operation passes
 * without meeting one.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Body, HuaweiClient } from '../e2e/client.ts'
import { newFolder, TestServer } from '../e2e/server.ts'
import { until } from '../e2e/until.ts'
import { hooksModule, moveClock } from '../fakes/hooks.ts'
import { AuditCheck } from './audit-check.ts'

const hour = 3_600_000
/** No operation takes this many steps: a loop that exceeds it would not end by itself. */
const mostSteps = 60

type Scene = {
  readonly client: HuaweiClient
  /** Lets time pass for the server. */
  readonly pass: (ms: number) => void
  readonly now: () => number
  readonly material: Uint8Array
  readonly data: string
  readonly hasEnded: () => boolean
}

type Case = {
  readonly name: string
  /** Makes a key on which the operation can be done. */
  readonly prepare: (scene: Scene) => Promise<string>
  /** Does it. If the server does it by itself, this waits for it. */
  readonly act: (scene: Scene, id: string) => Promise<Answer | undefined>
  /** Where to look, if not at the description of the key. */
  readonly look?: (scene: Scene, id: string) => Promise<Body>
  /** What the key shows before and after; anything else is half done. */
  readonly before: Body
  readonly after: Body
}

const external = { origin: 'external' }
const importTo = async (
  { client, material }: Scene,
  id: string,
  fields: object = {},
): Promise<void> => {
  const { status, body } = await client.import(id, material, fields)
  assert.equal(status, 200, JSON.stringify(body))
}

const ownPrivateKey = (): Buffer =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'der',
    type: 'pkcs8',
  })

const give = ({ client }: Scene, key_id: string, to: string): Promise<Answer> =>
  client.call('create-grant', {
    key_id,
    grantee_principal: to,
    operations: ['encrypt-data', 'create-grant'],
  })

/** The last grant of each key. */
const made = new Map<string, string>()

/** How many grants a key has, and whether it still works. */
const lookAtGrants = async ({ client }: Scene, key_id: string): Promise<Body> => ({
  grants: (await client.ok('list-grants', { key_id })).total,
  usable: await client.decrypt(await client.encrypt(key_id, 'x')),
})

const cases: readonly Case[] = [
  {
    name: 'create grant',
    prepare: ({ client }) => client.createKey(),
    act: (scene, id) => give(scene, id, 'somebody'),
    look: lookAtGrants,
    before: { grants: 0, usable: 'x' },
    after: { grants: 1, usable: 'x' },
  },
  {
    name: 'revoke grant',
    prepare: async (scene) => {
      const id = await scene.client.createKey()
      for (const to of ['one', 'two']) made.set(id, (await give(scene, id, to)).body.grant_id)
      return id
    },
    act: ({ client }, key_id) =>
      client.call('revoke-grant', { key_id, grant_id: made.get(key_id) }),
    look: lookAtGrants,
    before: { grants: 2, usable: 'x' },
    after: { grants: 1, usable: 'x' },
  },
  {
    name: 'import',
    prepare: ({ client }) => client.createKey(external),
    act: ({ client, material }, id) => client.import(id, material),
    before: { key_state: '5', expiration_time: '' },
    after: { key_state: '2', expiration_time: '' },
  },
  {
    name: 'import of a private key',
    prepare: ({ client }) => client.createKey({ ...external, key_spec: 'EC_P256' }),
    act: ({ client }, id) => client.importPrivateKey(id, ownPrivateKey()),
    before: { key_state: '5' },
    after: { key_state: '2' },
  },
  {
    name: 'rotate',
    prepare: ({ client }) => client.createKey(),
    act: ({ client }, id) => client.call('rotate-on-demand', { key_id: id }),
    look: async ({ client }, id) => {
      const { number_of_rotations } = await client.ok('get-key-rotation-status', { key_id: id })
      return {
        rotations: number_of_rotations,
        usable: await client.decrypt(await client.encrypt(id, 'x')),
      }
    },
    before: { rotations: 0, usable: 'x' },
    after: { rotations: 1, usable: 'x' },
  },
  {
    name: 'delete-material',
    prepare: async (scene) => {
      const id = await scene.client.createKey(external)
      await importTo(scene, id)
      return id
    },
    act: ({ client }, id) => client.call('delete-imported-key-material', { key_id: id }),
    before: { key_state: '2' },
    after: { key_state: '5' },
  },
  {
    name: 'schedule',
    prepare: ({ client }) => client.createKey(),
    act: ({ client }, id) =>
      client.call('schedule-key-deletion', { key_id: id, pending_days: '7' }),
    before: { key_state: '2', scheduled_deletion_date: '' },
    after: { key_state: '4' },
  },
  {
    name: 'expire',
    prepare: async (scene) => {
      const id = await scene.client.createKey(external)
      await importTo(scene, id, { expiration_time: Math.floor((scene.now() + hour) / 1000) })
      return id
    },
    // There are no other calls during the erasure: every step that is met belongs to it.
    act: async ({ pass, data, hasEnded }, id) => {
      pass(hour + 1000)
      await until(() => hasEnded() || isErased(data, id), 10_000)
      return undefined
    },
    // The next start erases what the kill left, within its first seconds: the log is compared with
    // the rows after that.
    look: async (scene, id) => {
      await until(() => isErased(scene.data, id), 10_000)
      return scene.client.describe(id)
    },
    before: { key_state: '5' },
    after: { key_state: '5' },
  },
]

/** The steps at which a kill was met, of all cases. */
const met = new Set<string>()

for (const { name, prepare, act, look, before, after } of cases) {
  test(`${name}: killed at every step, it is done or not done, and its key keeps working`, {
    timeout: 240_000,
  }, async () => {
    const data = newFolder()
    const gate = join(data, 'gate')
    const clockFile = join(data, 'clock')
    const audit = new AuditCheck(data)
    let moved = 0
    const steps: string[] = []
    const start = async (step: number): Promise<{ server: TestServer; scene: Scene }> => {
      const failpoint = { name: '*', action: 'kill', after: step, gate }
      const server = await TestServer.start({
        data,
        hooks: { module: hooksModule, data: { clockFile, failpoint } },
      })
      const client = server.client()
      client.clock = () => Date.now() + moved
      const pass = (ms: number): void => {
        moved += ms
        moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
      }
      return {
        server,
        scene: {
          client,
          pass,
          now: client.clock,
          material: randomBytes(32),
          data,
          hasEnded: () => server.hasEnded,
        },
      }
    }
    let { server, scene } = await start(0)
    try {
      for (let step = 0; ; step++) {
        assert.ok(step < mostSteps, steps.join(' '))
        const id = await prepare(scene)
        const witness = await scene.client.createKey()
        const ciphertext = await scene.client.encrypt(witness, 'witness')
        writeFileSync(gate, '')
        const answer = await act(scene, id).catch(() => undefined)
        if (!server.hasEnded)
          await Promise.race([server.ended(), sleep(answer === undefined ? 1000 : 0)])
        steps.push(readFileSync(gate, 'utf8'))
        rmSync(gate)
        scene.client.close()
        if (!server.hasEnded) {
          assert.ok(answer !== undefined || name === 'expire', 'the operation was answered')
          await server.stop()
          break
        }
        const { material } = scene
        ;({ server, scene } = await start(step + 1))
        scene = { ...scene, material }
        const shown = await (look?.(scene, id) ?? scene.client.describe(id))
        const sights = answer?.status === 200 ? [after] : [before, after]
        assert.ok(
          sights.some((sight) => shows(shown, sight)),
          `half done at ${steps.at(-1)}: ${JSON.stringify(shown)}`,
        )
        assert.equal(await scene.client.decrypt(ciphertext), 'witness')
        await audit.run()
        await audit.rows()
        await undo(scene, id, shown)
      }
      assert.ok(steps.length > 4, `only ${steps.length} steps were met: ${steps}`)
      for (const step of steps) met.add(step)
    } finally {
      scene.client.close()
      if (!server.hasEnded) await server.signal('SIGKILL')
      rmSync(data, { recursive: true, force: true })
    }
  })
}

// Not of each case: what the server writes by itself in between shifts the steps of the others.
test('before a commit, after it, and before its receipts: each was met by a kill', () => {
  for (const step of ['store:before-commit', 'store:committed', 'writer:before-receipts'])
    assert.ok(met.has(step), `${step} is not among ${[...met]}`)
})

/** Reads past the server, which would record a call. */
function isErased(data: string, id: string): boolean {
  const db = new DatabaseSync(join(data, 'holdfast.db'), { readOnly: true })
  try {
    return (
      db.prepare('SELECT material_expires_at AS at FROM keys WHERE id = ?').get(id)?.at === null
    )
  } finally {
    db.close()
  }
}

/**
 * After any kill, the key's owner can go on: a pending key takes its material, a scheduled deletion
 * can be cancelled.
 */
async function undo(scene: Scene, id: string, shown: Body): Promise<void> {
  if (shown.key_state === '5' && shown.key_spec === 'AES_256') await importTo(scene, id)
  else if (shown.key_state === '5')
    assert.equal((await scene.client.importPrivateKey(id, ownPrivateKey())).status, 200)
  if (shown.key_state === '4') await scene.client.ok('cancel-key-deletion', { key_id: id })
  assert.match((await scene.client.describe(id)).key_state, /[23]/)
}

function shows(shown: Body, sight: Body): boolean {
  return Object.entries(sight).every(([field, value]) => shown[field] === value)
}
