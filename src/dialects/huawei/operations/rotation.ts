/** Rotation: enable, disable, interval, status, on demand. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { rotationDays } from '../../../domain/rules.ts'
import {
  disableKeyRotation,
  enableKeyRotation,
  getRotationStatus,
  rotateOnDemand,
  updateRotationInterval,
} from '../../../engine/keys/rotation.ts'
import { keyId, keyOnly, sequence, wholeNumber } from '../fields.ts'

const empty = (): object => ({})
const readKeyId = ({ key_id }: { key_id: string }): { key: string } => ({ key: key_id })

export const rotationOperations: Readonly<Record<string, AnyOperation>> = {
  'enable-key-rotation': operation({
    // The interval is not this operation's: for clients that send one, even 0, the answer is as if
    // they had sent none.
    fields: keyOnly,
    command: enableKeyRotation,
    read: ({ key_id }) => ({ key: key_id, days: rotationDays.usual }),
    write: empty,
  }),
  'disable-key-rotation': operation({
    fields: keyOnly,
    command: disableKeyRotation,
    read: readKeyId,
    write: empty,
  }),
  'update-key-rotation-interval': operation({
    fields: Type.Object({ key_id: keyId, rotation_interval: wholeNumber, sequence }),
    command: updateRotationInterval,
    read: ({ key_id, rotation_interval }) => ({ key: key_id, days: Number(rotation_interval) }),
    write: empty,
  }),
  'get-key-rotation-status': operation({
    fields: keyOnly,
    command: getRotationStatus,
    read: readKeyId,
    // While rotation is off the interval is omitted: the Terraform provider takes any number to
    // mean "on".
    write: ({ days, rotations, lastRotationAt, versions }) => ({
      key_rotation_enabled: days !== null,
      ...(days !== null && { rotation_interval: days }),
      ...(lastRotationAt !== null && { last_rotation_time: String(lastRotationAt) }),
      number_of_rotations: rotations,
      key_materials: versions.map(({ version, createdAt }) => ({
        material_id: String(version),
        create_time: String(createdAt),
      })),
    }),
  }),
  'rotate-on-demand': operation({
    fields: Type.Object({ key_id: keyId }),
    command: rotateOnDemand,
    read: readKeyId,
    write: (result) => ({ key_id: result.keyId }),
  }),
}
