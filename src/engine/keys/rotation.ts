/**
 * Rotation: fresh material for a symmetric key that was made here, while older versions continue to
 * decrypt.
 */
import { versionsDigest } from '../../crypto/formats/row-mac.ts'
import { updateRow } from '../../crypto/formats/row-writes.ts'
import type { CommandName } from '../../domain/commands.ts'
import { KmsError } from '../../domain/errors.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { RowValues } from '../../domain/rows.ts'
import * as rules from '../../domain/rules.ts'
import type { Done, KeyCommand, KeyReference, Task } from '../command.ts'
import { sealedVersion } from '../material/material-writes.ts'
import { checkUsable, type LoadedKey } from './loaded-key.ts'

type KeyOnly = { readonly key: KeyReference }

/** A command that changes how a key rotates. */
function setting<I extends KeyOnly>(
  name: CommandName,
  decide: (task: Task, key: LoadedKey, input: I) => Partial<RowValues<'keys'>>,
): KeyCommand<I, null> {
  return {
    name,
    right: 'manage',
    key: ({ key }) => key,
    run(task, key, input) {
      rules.checkRotates(key.row, key.spec)
      checkUsable(key, task.now)
      return {
        result: null,
        writes: [updateRow(key.project.keys.rowMac, 'keys', key.row, decide(task, key, input))],
      }
    },
  }
}

/** From now on the key rotates automatically, first after one interval. */
export const enableKeyRotation = setting<KeyOnly & { readonly days: number }>(
  'enable-key-rotation',
  (task, { row }, { days }) => {
    rules.checkRotationDays(days)
    rules.checkRotationOff(row)
    return { rotationDays: days, nextRotationAt: rules.nextRotation(days, task.now) }
  },
)

export const disableKeyRotation = setting<KeyOnly>('disable-key-rotation', (_, { row }) => {
  rules.checkRotationOn(row)
  return { rotationDays: null, nextRotationAt: null }
})

/**
 * Counted from the start of the current interval: if the new one has already passed, the key
 * rotates at once.
 */
export const updateRotationInterval = setting<KeyOnly & { readonly days: number }>(
  'update-key-rotation-interval',
  (_, { row }, { days }) => {
    rules.checkRotationDays(days)
    const began = rules.nextRotation(-rules.checkRotationOn(row), row.nextRotationAt as number)
    return { rotationDays: days, nextRotationAt: rules.nextRotation(days, began) }
  },
)

export type RotationStatus = {
  readonly days: number | null
  readonly rotations: number
  /** Milliseconds since 1970, null for a key that never rotated. */
  readonly lastRotationAt: number | null
  readonly nextRotationAt: number | null
  readonly versions: readonly { readonly version: number; readonly createdAt: number }[]
}

export const getRotationStatus: KeyCommand<KeyOnly, RotationStatus> = {
  name: 'get-key-rotation-status',
  right: 'read',
  key: ({ key }) => key,
  run(_, { row, spec, versions }) {
    rules.checkRotates(row, spec)
    const ordered = versions.toSorted((a, b) => a.version - b.version)
    const last = ordered.length > 1 ? ordered.at(-1) : undefined
    return {
      result: {
        days: row.rotationDays,
        rotations: ordered.length - 1,
        lastRotationAt: last?.createdAt ?? null,
        nextRotationAt: row.nextRotationAt,
        versions: ordered.map(({ version, createdAt }) => ({ version, createdAt })),
      },
    }
  },
}

/** The schedule of automatic rotation stays as it is. */
export const rotateOnDemand: KeyCommand<KeyOnly, { readonly keyId: string }> = {
  name: 'rotate-on-demand',
  right: 'manage',
  key: ({ key }) => key,
  run: (task, key) => ({ ...rotated(task, key, {}), result: { keyId: key.row.id } }),
}

/**
 * Rotates a key once its scheduled instant has passed. A disabled key waits: it rotates when it is
 * enabled again.
 */
export const rotateOnSchedule: KeyCommand<KeyOnly, null> = {
  name: 'rotate-on-schedule',
  right: 'manage',
  key: ({ key }) => key,
  run(task, key) {
    const { rotationDays, nextRotationAt, id } = key.row
    if (rotationDays === null || nextRotationAt === null || task.now < nextRotationAt)
      throw new KmsError('rotation-not-enabled', `key ${id} is not due to rotate`)
    const versionsLeft = (key.row.materialVersion ?? 0) < rules.versionsLimit
    const schedule = { nextRotationAt: rules.rotationAfter(rotationDays, nextRotationAt, task.now) }
    // A key with the maximum number of versions keeps its last one, and the log says so; its
    // schedule must not fire again every second.
    if (versionsLeft) return rotated(task, key, schedule)
    const write = updateRow(key.project.keys.rowMac, 'keys', key.row, schedule)
    return { result: null, writes: [write], detail: 'not rotated: no version is left' }
  },
}

function rotated(task: Task, key: LoadedKey, schedule: Partial<RowValues<'keys'>>): Done<null> {
  const spec = rules.checkRotates(key.row, key.spec)
  checkUsable(key, task.now)
  const { row, project, versions } = key
  rules.checkVersionsLeft(row)
  const version = row.materialVersion + 1
  using material = Wiped.of(task.random.bytes(spec.materialBytes))
  const added = sealedVersion(task, project, row, version, material.bytes)
  const updated = updateRow(project.keys.rowMac, 'keys', row, {
    ...schedule,
    materialVersion: version,
    versionsDigest: versionsDigest([...versions, added.row]),
  })
  return { result: null, writes: [added, updated], materialVersion: version }
}
