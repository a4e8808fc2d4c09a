/** Keys: create, describe, list, enable, disable, schedule deletion, name, quotas. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { KmsError } from '../../../domain/errors.ts'
import {
  type KeySpecName,
  type KeyUsage,
  keySpecs,
  keyUsages,
  type Origin,
} from '../../../domain/keys/key-specs.ts'
import type { KeyState } from '../../../domain/keys/key-state.ts'
import * as lifecycle from '../../../engine/keys/lifecycle.ts'
import { keyId, keyOnly, readLimit, sequence, wholeNumber } from '../fields.ts'

const stateNumbers = {
  enabled: '2',
  disabled: '3',
  'pending-deletion': '4',
  'pending-import': '5',
} as const satisfies Record<KeyState, string>
const origins: Readonly<Record<string, Origin>> = { kms: 'made-here', external: 'external' }

const allSpecs = 'ALL'
const limits = { min: 1, max: 2000, usual: 10 } as const

/**
 * Every value is a string, and times are milliseconds: the structures of the provider and of
 * golangsdk require it.
 */
export function keyDetails({ key, state, project }: lifecycle.KeyView): object {
  return {
    key_id: key.id,
    domain_id: project.domainId,
    key_alias: key.alias ?? '',
    realm: project.region,
    key_spec: key.spec,
    key_usage: key.usage,
    key_description: key.description ?? '',
    creation_date: String(key.createdAt),
    scheduled_deletion_date: key.deletionAt === null ? '' : String(key.deletionAt),
    key_state: stateNumbers[state],
    default_key_flag: '0',
    key_type: '1',
    expiration_time: key.materialExpiresAt === null ? '' : String(key.materialExpiresAt),
    origin: key.origin === 'external' ? 'external' : 'kms',
    key_rotation_enabled: String(key.rotationDays !== null),
    sys_enterprise_project_id: '0',
    keystore_id: '0',
  }
}

function stateInfo({ key, state }: lifecycle.KeyView): { key_id: string; key_state: string } {
  return { key_id: key.id, key_state: stateNumbers[state] }
}

const readKeyId = ({ key_id }: { key_id: string }): { key: string } => ({ key: key_id })

function readSpec(name: string): KeySpecName {
  if (Object.hasOwn(keySpecs, name)) return name as KeySpecName
  throw new KmsError(
    'parameter-invalid',
    `key_spec must be one of: ${Object.keys(keySpecs).join(', ')}`,
  )
}

function readUsage(usage: string | undefined): KeyUsage | null {
  if (usage === undefined) return null
  const found = keyUsages.find((one) => one === usage)
  if (found !== undefined) return found
  throw new KmsError('parameter-invalid', `key_usage must be one of: ${keyUsages.join(', ')}`)
}

function readOrigin(name: string): Origin {
  const origin = Object.hasOwn(origins, name) ? origins[name] : undefined
  if (origin === undefined)
    throw new KmsError('parameter-invalid', 'origin must be kms or external')
  return origin
}

/** 0 is the store that every deployment has. */
function checkKeyStore(id: string | undefined): void {
  if (id !== undefined && id !== '' && id !== '0')
    throw new KmsError(
      'key-store-unsupported',
      'there are no dedicated key stores: keystore_id must be 0 or omitted',
    )
}

function readState(value: string | undefined): KeyState | null {
  if (value === undefined) return null
  const state = (Object.entries(stateNumbers) as [KeyState, string][]).find(
    ([, number]) => number === value,
  )?.[0]
  if (state === undefined) throw new KmsError('parameter-invalid', 'key_state must be 2, 3, 4 or 5')
  return state
}

export const keyOperations: Readonly<Record<string, AnyOperation>> = {
  'create-key': operation({
    fields: Type.Object({
      key_alias: Type.String(),
      key_spec: Type.Optional(Type.String()),
      key_usage: Type.Optional(Type.String()),
      key_description: Type.Optional(Type.String()),
      origin: Type.Optional(Type.String()),
      enterprise_project_id: Type.Optional(Type.String()),
      keystore_id: Type.Optional(Type.String()),
      // Documented for virtual machines with key stores of their own, and without effect elsewhere.
      vm_id: Type.Optional(Type.String()),
      sequence,
    }),
    command: lifecycle.createKey,
    read: (fields) => {
      checkKeyStore(fields.keystore_id)
      return {
        alias: fields.key_alias,
        description: fields.key_description ?? '',
        spec: readSpec(fields.key_spec ?? 'AES_256'),
        usage: readUsage(fields.key_usage),
        origin: readOrigin(fields.origin ?? 'kms'),
      }
    },
    write: ({ key, project }) => ({
      key_info: { key_id: key.id, domain_id: project.domainId, region_id: project.region },
    }),
  }),
  'describe-key': operation({
    fields: keyOnly,
    command: lifecycle.describeKey,
    read: readKeyId,
    write: (view) => ({ key_info: keyDetails(view) }),
  }),
  'list-keys': operation({
    fields: Type.Object({
      limit: Type.Optional(wholeNumber),
      marker: Type.Optional(
        Type.Union([Type.String({ pattern: '^[0-9]{0,16}$' }), Type.Integer({ minimum: 0 })]),
      ),
      key_state: Type.Optional(Type.String()),
      key_spec: Type.Optional(Type.String()),
      enterprise_project_id: Type.Optional(Type.String()),
      sequence,
    }),
    command: lifecycle.listKeys,
    read: ({ limit, marker, key_state, key_spec = 'AES_256' }) => ({
      // A marker comes from the previous page; none or 0 means the beginning.
      before: Number(marker ?? 0) || null,
      limit: readLimit(limit, limits),
      state: readState(key_state),
      spec: key_spec === allSpecs ? null : key_spec,
    }),
    write: ({ keys, next, total }) => ({
      keys: keys.map(({ key }) => key.id),
      key_details: keys.map(keyDetails),
      next_marker: next === null ? '' : String(next),
      truncated: next === null ? 'false' : 'true',
      total,
    }),
  }),
  'enable-key': operation({
    fields: keyOnly,
    command: lifecycle.enableKey,
    read: readKeyId,
    write: (view) => ({ key_info: stateInfo(view) }),
  }),
  'disable-key': operation({
    fields: keyOnly,
    command: lifecycle.disableKey,
    read: readKeyId,
    write: (view) => ({ key_info: stateInfo(view) }),
  }),
  'schedule-key-deletion': operation({
    fields: Type.Object({ key_id: keyId, pending_days: wholeNumber, sequence }),
    command: lifecycle.scheduleKeyDeletion,
    read: ({ key_id, pending_days }) => ({ key: key_id, days: Number(pending_days) }),
    write: stateInfo,
  }),
  'cancel-key-deletion': operation({
    fields: keyOnly,
    command: lifecycle.cancelKeyDeletion,
    read: readKeyId,
    write: stateInfo,
  }),
  'update-key-alias': operation({
    fields: Type.Object({ key_id: keyId, key_alias: Type.String(), sequence }),
    command: lifecycle.updateKeyAlias,
    read: ({ key_id, key_alias }) => ({ key: key_id, alias: key_alias }),
    write: ({ key }) => ({ key_info: { key_id: key.id, key_alias: key.alias } }),
  }),
  'update-key-description': operation({
    fields: Type.Object({ key_id: keyId, key_description: Type.String(), sequence }),
    command: lifecycle.updateKeyDescription,
    read: ({ key_id, key_description }) => ({ key: key_id, description: key_description }),
    write: ({ key }) => ({ key_info: { key_id: key.id, key_description: key.description } }),
  }),
}

/** Operations that use GET. */
export const keyQueries: Readonly<Record<string, AnyOperation>> = {
  'user-quotas': operation({
    fields: Type.Object({}),
    command: lifecycle.keyQuota,
    read: () => ({}),
    write: ({ used, quota }) => ({ quotas: { resources: [{ type: 'CMK', used, quota }] } }),
  }),
  'user-instances': operation({
    fields: Type.Object({}),
    command: lifecycle.countKeys,
    read: () => ({}),
    write: ({ count }) => ({ instance_num: count }),
  }),
}
