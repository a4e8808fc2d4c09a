/** The caller's own access keys, and the users of the project. */
import Type from 'typebox'
import { operation } from '../../api/operation.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import {
  type AccessKeyView,
  createOwnAccessKey,
  deleteOwnAccessKey,
  listOwnAccessKeys,
  listPeople,
  setOwnAccessKey,
} from '../../engine/access/credentials.ts'
import { accessKeyAnswer, newAccessKeyAnswer, peopleAnswer } from './answers.ts'
import { flag, nothing, text } from './fields.ts'

const id = Type.String({ pattern: '^[A-Z0-9]{20}$', description: 'the access key, AK' })

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function shown({ id, createdAt, disabled }: AccessKeyView): object {
  return { id, created_at: createdAt, enabled: disabled === 0 }
}

export const accessKeyOperations = {
  list: operation({
    fields: Type.Object({}),
    answer: Type.Object({ access_keys: Type.Array(accessKeyAnswer) }),
    command: listOwnAccessKeys,
    read: () => ({}),
    write: (found) => ({ access_keys: found.map(shown) }),
  }),
  create: operation({
    fields: Type.Object({
      password: Type.Optional(
        text(
          1024,
          'the current password of the user; required unless an access key signs the call',
        ),
      ),
    }),
    answer: newAccessKeyAnswer,
    command: createOwnAccessKey,
    read: ({ password }) => ({
      password: password === undefined ? null : new TextEncoder().encode(password),
    }),
    write: ({ secret, ...view }) => ({ ...shown(view), secret: Wiped.spend(secret, latin1) }),
    status: 201,
  }),
  change: operation({
    fields: Type.Object({ id, enabled: flag('whether it can be used') }),
    answer: accessKeyAnswer,
    command: setOwnAccessKey,
    read: ({ id, enabled }) => ({ id, disabled: !enabled }),
    write: shown,
  }),
  delete: operation({
    fields: Type.Object({ id }),
    answer: nothing,
    command: deleteOwnAccessKey,
    read: ({ id }) => ({ id }),
    write: () => ({}),
  }),
}

export const peopleOperation = operation({
  fields: Type.Object({}),
  answer: peopleAnswer,
  command: listPeople,
  read: () => ({}),
  write: (people) => ({
    people: people.map(({ id, name, role, disabled, createdAt }) => ({
      id,
      name,
      role,
      enabled: disabled === 0,
      created_at: createdAt,
    })),
  }),
})
