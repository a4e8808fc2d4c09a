/**
 * Operations of this API that a deployment does not have: such calls are refused with the reason.
 */
import type { CommandName } from '../../domain/commands.ts'
import { KmsError, type KmsErrorCode } from '../../domain/errors.ts'
import type { ProjectCommand } from '../../engine/command.ts'

type Declined<Name extends string> = Readonly<Record<Name, ProjectCommand<unknown, never>>>

/**
 * Commands that are known but always refused.
 * @param reason says why, and what to use instead.
 */
function declined<Name extends CommandName>(
  code: KmsErrorCode,
  reason: string,
  ...names: readonly Name[]
): Declined<Name> {
  const command = (name: Name): ProjectCommand<unknown, never> => ({
    name,
    right: 'read',
    run() {
      throw new KmsError(code, reason)
    },
  })
  return Object.fromEntries(names.map((name) => [name, command(name)])) as Declined<Name>
}

export const declinedCommands = {
  ...declined(
    'key-store-unsupported',
    "there are no dedicated key stores: every key is in the deployment's own store",
    'create-key-store',
    'describe-key-store',
    'delete-key-store',
    'enable-key-store',
    'disable-key-store',
  ),
  ...declined(
    'key-store-unsupported',
    "there are no PINs: they belong to dedicated key stores, and every key is in the deployment's own store",
    'create-pin',
  ),
  ...declined(
    'key-space-unsupported',
    'there are no key spaces, and so no access points, key policies or capsules: roles and grants control who may use a key',
    'create-access-point',
    'list-access-points',
    'delete-access-point',
    'enable-access-point',
    'disable-access-point',
    'get-access-point-private-key',
    'create-key-policy',
    'list-key-policies',
    'describe-key-policy',
    'update-key-policy',
    'delete-key-policy',
    'create-data-key-capsule',
    'decrypt-data-key-capsule',
  ),
  ...declined(
    'replication-unsupported',
    'a deployment is in one region: there is no other region to replicate a key to',
    'replicate-key',
    'update-primary-region',
  ),
}
