/** `holdfast material drill`: verifies that a backup holds the material of a key. */
import { type KeySpec, keySpec } from '../domain/keys/key-specs.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { fromBackup, type SourceFlags } from './backup.ts'
import { type Context, findKey } from './keys.ts'
import type { Answer, KmsClient } from './kms-client.ts'
import { materialFrom, materialOfBackup, type ReadFlags } from './material-file.ts'
import { print, progress, time } from './output.ts'
import { wrapMaterial } from './wrapping.ts'

export type DrillFlags = SourceFlags & ReadFlags

/**
 * Verifies that a backup holds the material of a key. The server compares the material and wipes
 * it; nothing is imported.
 */
export async function drillMaterial(
  { kms, json }: Context,
  name: string,
  flags: DrillFlags,
): Promise<void> {
  const key = await findKey(kms, name)
  const spec = keySpec(key.key_spec)
  const material = await materialToProve(flags, spec)
  const answer = await prove(kms, key.key_id, material, spec)
  print({ json }, answer, [
    `this backup holds the material of ${key.key_alias}; nothing was imported, the drill is recorded (${time(String(answer.drilled_at))})`,
  ])
}

/**
 * Has the server compare material with that of a key.
 * @param material wiped.
 * @throws CliFailure if it is different material.
 */
export async function prove(
  kms: KmsClient,
  keyId: string,
  material: Buffer,
  spec: KeySpec,
): Promise<Answer> {
  using given = Wiped.of(material)
  progress('getting a wrapping key for this drill ...')
  const { token, public_key } = await kms.admin('POST', `/keys/${keyId}/drill-parameters`, {})
  const parameters = { key_id: keyId, import_token: token, public_key }
  const wrapped = wrapMaterial(parameters, given.bytes, spec)
  const { encrypted_key_material, encrypted_privatekey } = wrapped
  return await kms.admin('POST', `/keys/${keyId}/drill`, {
    token,
    wrapped_material: encrypted_key_material,
    ...(encrypted_privatekey !== undefined && { wrapped_private_key: encrypted_privatekey }),
  })
}

async function materialToProve(flags: DrillFlags, spec: KeySpec): Promise<Buffer> {
  if (flags.material !== undefined) return materialFrom(flags.material, spec, flags)
  const content = await fromBackup(flags)
  return materialOfBackup(content, flags.backup ?? 'these shares', spec, flags)
}
