/**
 * What a key must look like after each acknowledged call: the model that a killed server is
 * compared with.
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { Answer, Body, HuaweiClient } from '../e2e/client.ts'

export type KeyModel = {
  readonly alias: string
  readonly description: string
  readonly external: boolean
  readonly disabled: boolean
  readonly deletion: boolean
  readonly hasMaterial: boolean
}

export type Operation =
  | 'import'
  | 'delete-material'
  | 'enable'
  | 'disable'
  | 'schedule'
  | 'cancel'
  | 'redescribe'

/** The state number that the API shows for a model. */
export function stateNumber({ deletion, hasMaterial, disabled }: KeyModel): string {
  if (deletion) return '4'
  if (!hasMaterial) return '5'
  return disabled ? '3' : '2'
}

/** Whether it encrypts and decrypts. */
export function isUsable({ model }: { readonly model: KeyModel }): boolean {
  return stateNumber(model) === '2'
}

/** Operations that a key accepts in its current state. */
export function possible(key: KeyModel): Operation[] {
  const state = stateNumber(key)
  if (state === '4') return ['cancel']
  const operations: Operation[] = ['schedule', 'redescribe']
  if (state === '2') operations.push('disable')
  if (state === '3') operations.push('enable')
  if (state === '5') operations.push('import')
  else if (key.external) operations.push('delete-material')
  return operations
}

/** The key after an operation. */
export function after(key: KeyModel, operation: Operation, description: string): KeyModel {
  switch (operation) {
    case 'import':
      return { ...key, hasMaterial: true }
    case 'delete-material':
      return { ...key, hasMaterial: false }
    case 'enable':
      return { ...key, disabled: false }
    case 'disable':
      return { ...key, disabled: true }
    case 'schedule':
      return { ...key, deletion: true }
    case 'cancel':
      return { ...key, deletion: false, disabled: key.hasMaterial || key.disabled }
    case 'redescribe':
      return { ...key, description }
  }
}

export function send(
  client: HuaweiClient,
  id: string,
  operation: Operation,
  parts: { material: Uint8Array; description: string },
): Promise<Answer> {
  switch (operation) {
    case 'import':
      return client.import(id, parts.material)
    case 'delete-material':
      return client.call('delete-imported-key-material', { key_id: id })
    case 'enable':
      return client.call('enable-key', { key_id: id })
    case 'disable':
      return client.call('disable-key', { key_id: id })
    case 'schedule':
      return client.call('schedule-key-deletion', { key_id: id, pending_days: '30' })
    case 'cancel':
      return client.call('cancel-key-deletion', { key_id: id })
    case 'redescribe':
      return client.call('update-key-description', {
        key_id: id,
        key_description: parts.description,
      })
  }
}

export function matches(model: KeyModel, shown: Body): boolean {
  return (
    shown.key_alias === model.alias &&
    shown.key_description === model.description &&
    shown.key_state === stateNumber(model)
  )
}

export type TrackedKey = {
  id: string
  model: KeyModel
  readonly material: Uint8Array
  /** What an unanswered call would have made of it. */
  pending: KeyModel | undefined
  readonly ciphertexts: { readonly ciphertext: string; readonly plaintext: string }[]
}

/** A key that is about to be created, of either origin. */
export function newTrackedKey(): TrackedKey {
  const external = randomInt(2) === 0
  const model: KeyModel = {
    alias: `key-${crypto.randomUUID()}`,
    description: '',
    external,
    disabled: false,
    deletion: false,
    hasMaterial: !external,
  }
  return { id: '', model, material: newMaterial(), pending: undefined, ciphertexts: [] }
}

/** What creates it over the API. */
export function creationOf({ model: { alias, external } }: TrackedKey): object {
  return { key_alias: alias, origin: external ? 'external' : 'kms' }
}

/** One of the operations that a key accepts, and what the key is after it. */
export function anyChange(model: KeyModel): {
  readonly operation: Operation
  readonly description: string
  readonly next: KeyModel
} {
  const operations = possible(model)
  const operation = operations[randomInt(operations.length)] as Operation
  const description = crypto.randomUUID()
  return { operation, description, next: after(model, operation, description) }
}

export function newMaterial(): Uint8Array {
  return randomBytes(32)
}

/** Brings a key back to where it can decrypt, by the steps that its owner would take. */
export async function revive(client: HuaweiClient, key: TrackedKey): Promise<void> {
  const { deletion, hasMaterial, disabled } = key.model
  if (deletion) await client.ok('cancel-key-deletion', { key_id: key.id })
  if (!hasMaterial) {
    const { status, body } = await client.import(key.id, key.material)
    if (status !== 200) throw new Error(`re-import: ${JSON.stringify(body)}`)
  }
  if (disabled || (deletion && hasMaterial)) await client.ok('enable-key', { key_id: key.id })
}
