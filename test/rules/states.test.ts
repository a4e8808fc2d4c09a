/**
 * What a key in each of its states allows, as one table: for each state and each call the answer,
 * `ok` or the code of the refusal.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { KmsError } from '../../src/domain/errors.ts'
import type { KeySpecName } from '../../src/domain/keys/key-specs.ts'
import * as lifecycle from '../../src/engine/keys/lifecycle.ts'
import { rotateOnDemand } from '../../src/engine/keys/rotation.ts'
import { deleteImportedKeyMaterial, expireKeyMaterial } from '../../src/engine/material/import.ts'
import { EngineInProcess } from '../fakes/engine.ts'
import { materialFor, Owner } from './owner.ts'

const now = 1_800_000_000_000
const hour = 3_600_000

/** How a key gets into a state, from its creation on. */
type Way = (owner: Owner, spec: KeySpecName, material: Uint8Array) => Promise<string>

const ways = {
  'made here, enabled': (owner, spec) => owner.create('made-here', spec),
  'made here, disabled': async (owner, spec) => {
    const key = await owner.create('made-here', spec)
    await owner.on(key, lifecycle.disableKey)
    return key
  },
  'made here, pending deletion': async (owner, spec) =>
    endingOf(owner, await owner.create('made-here', spec)),
  'external, empty': (owner, spec) => owner.create('external', spec),
  'external, enabled': async (owner, spec, material) => {
    const key = await owner.create('external', spec)
    await owner.import(key, material)
    return key
  },
  'external, disabled': async (owner, spec, material) => {
    const key = await owner.create('external', spec)
    await owner.import(key, material)
    await owner.on(key, lifecycle.disableKey)
    return key
  },
  'external, material deleted': async (owner, spec, material) => {
    const key = await owner.create('external', spec)
    await owner.import(key, material)
    await owner.on(key, deleteImportedKeyMaterial)
    return key
  },
  'external, material expired': async (owner, spec, material) => {
    const key = await owner.create('external', spec)
    await owner.import(key, material, owner.engine.clock.wallNow() + hour)
    owner.engine.clock.advance(hour)
    return key
  },
  'external, pending deletion': async (owner, spec, material) => {
    const key = await owner.create('external', spec)
    await owner.import(key, material)
    return endingOf(owner, key)
  },
} satisfies Readonly<Record<string, Way>>

async function endingOf(owner: Owner, key: string): Promise<string> {
  await owner.engine.run(lifecycle.scheduleKeyDeletion, { key, days: 7 })
  return key
}

type Use = (owner: Owner, key: string, material: Uint8Array) => Promise<unknown>

const calls = {
  encrypt: (owner, key) => owner.encrypt(key),
  enable: (owner, key) => owner.on(key, lifecycle.enableKey),
  disable: (owner, key) => owner.on(key, lifecycle.disableKey),
  import: (owner, key, material) => owner.import(key, material),
  'delete material': (owner, key) => owner.on(key, deleteImportedKeyMaterial),
  expire: (owner, key) => owner.on(key, expireKeyMaterial),
  rotate: (owner, key) => owner.on(key, rotateOnDemand),
  'schedule deletion': (owner, key) =>
    owner.engine.run(lifecycle.scheduleKeyDeletion, { key, days: 7 }),
  'cancel deletion': (owner, key) => owner.on(key, lifecycle.cancelKeyDeletion),
} satisfies Readonly<Record<string, Use>>

type State = keyof typeof ways
type CallName = keyof typeof calls

const table: Readonly<Record<State, Readonly<Record<CallName, string>>>> = {
  'made here, enabled': {
    encrypt: 'ok',
    enable: 'key-not-disabled',
    disable: 'ok',
    import: 'key-not-external',
    'delete material': 'key-not-external',
    expire: 'material-not-present',
    rotate: 'ok',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'made here, disabled': {
    encrypt: 'key-disabled',
    enable: 'ok',
    disable: 'key-not-enabled',
    import: 'key-not-external',
    'delete material': 'key-not-external',
    expire: 'material-not-present',
    rotate: 'key-disabled',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'made here, pending deletion': {
    encrypt: 'key-pending-deletion',
    enable: 'key-pending-deletion',
    disable: 'key-pending-deletion',
    import: 'key-not-external',
    'delete material': 'key-not-external',
    expire: 'material-not-present',
    rotate: 'key-pending-deletion',
    'schedule deletion': 'key-already-pending-deletion',
    'cancel deletion': 'ok',
  },
  'external, empty': {
    encrypt: 'key-pending-import',
    enable: 'key-not-disabled',
    disable: 'key-not-enabled',
    import: 'ok',
    'delete material': 'material-not-present',
    expire: 'material-not-present',
    rotate: 'rotation-of-external-key',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'external, enabled': {
    encrypt: 'ok',
    enable: 'key-not-disabled',
    disable: 'ok',
    import: 'key-not-pending-import',
    'delete material': 'ok',
    expire: 'material-not-present',
    rotate: 'rotation-of-external-key',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'external, disabled': {
    encrypt: 'key-disabled',
    enable: 'ok',
    disable: 'key-not-enabled',
    import: 'key-not-pending-import',
    'delete material': 'ok',
    expire: 'material-not-present',
    rotate: 'rotation-of-external-key',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'external, material deleted': {
    encrypt: 'key-pending-import',
    enable: 'key-not-disabled',
    disable: 'key-not-enabled',
    import: 'ok',
    'delete material': 'material-not-present',
    expire: 'material-not-present',
    rotate: 'rotation-of-external-key',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'external, material expired': {
    encrypt: 'key-pending-import',
    enable: 'key-not-disabled',
    disable: 'key-not-enabled',
    import: 'ok',
    'delete material': 'material-not-present',
    expire: 'ok',
    rotate: 'rotation-of-external-key',
    'schedule deletion': 'ok',
    'cancel deletion': 'key-not-pending-deletion',
  },
  'external, pending deletion': {
    encrypt: 'key-pending-deletion',
    enable: 'key-pending-deletion',
    disable: 'key-pending-deletion',
    import: 'key-pending-deletion',
    'delete material': 'material-not-present',
    expire: 'material-not-present',
    rotate: 'rotation-of-external-key',
    'schedule deletion': 'key-already-pending-deletion',
    'cancel deletion': 'ok',
  },
}

async function answerOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

for (const spec of ['AES_256', 'SM4'] as const)
  describe(`what each state allows: ${spec}`, () => {
    let owner: Owner
    before(async () => {
      owner = new Owner(await EngineInProcess.start(now))
    })
    after(() => owner.engine.close())

    for (const [state, expected] of Object.entries(table))
      test(state, async () => {
        const answers: Record<string, string> = {}
        for (const [name, call] of Object.entries(calls)) {
          const material = materialFor(spec)
          const key = await ways[state as State](owner, spec, material)
          answers[name] = await answerOf(call(owner, key, material))
        }
        assert.deepEqual(answers, expected)
      })
  })
