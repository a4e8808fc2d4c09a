/** `holdfast key succeed`: a successor with material of its own, to which the alias moves. */
import { keySpec } from '../domain/keys/key-specs.ts'
import { prove } from './drill.ts'
import { CliFailure } from './failure.ts'
import { type Context, expirationOf, findKey, wrapHere } from './keys.ts'
import type { Answer, KmsClient } from './kms-client.ts'
import { materialFrom, type ReadFlags } from './material-file.ts'
import { print, progress } from './output.ts'

export type SucceedFlags = ReadFlags & { material: string; expires?: string }

/**
 * The old key goes on to decrypt. Run again, it goes on where it stopped, with the same material.
 */
export async function succeedKey(
  { kms, json }: Context,
  name: string,
  flags: SucceedFlags,
): Promise<void> {
  const { key_id, key_spec } = await findKey(kms, name)
  const spec = keySpec(key_spec)
  // What the owner gives is read before the server makes anything.
  const expiration = expirationOf(flags)
  const material = await materialFrom(flags.material, spec, flags)
  try {
    const successor =
      (await begunSuccessor(kms, key_id)) ??
      (await kms.admin('POST', `/keys/${key_id}/successor`, {}))
    if (successor.state === 'pending-import')
      await kms.call('import-key-material', {
        ...(await wrapHere(kms, successor.id, material, spec)),
        ...expiration,
      })
    else
      await checkGiven(flags.material, successor.id, () => prove(kms, successor.id, material, spec))
    progress('moving the alias ...')
    const moved = await kms.admin('POST', `/keys/${successor.id}/succeed`, {})
    print({ json }, moved, [
      `${moved.successor.id} is ${moved.successor.alias} now`,
      `${moved.predecessor.id} is ${moved.predecessor.alias}, and still decrypts; clients that use its ID must be changed`,
    ])
  } finally {
    material.fill(0)
  }
}

/** A successor that an earlier run made and did not finish with. */
async function begunSuccessor(kms: KmsClient, keyId: string): Promise<Answer | undefined> {
  const { keys } = await kms.admin('GET', '/keys?text=%2Fnext-&limit=200')
  return keys.find(({ succeeds }: Answer) => succeeds === keyId)
}

/** Who gives another file the second time would take the alias to be that material's. */
async function checkGiven(
  file: string,
  successor: string,
  proof: () => Promise<unknown>,
): Promise<void> {
  try {
    await proof()
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    const said = `an earlier run gave the successor ${successor} its material, and ${file} is not proved to be that`
    throw new CliFailure('refused', `${said}: ${error.message}`, { cause: error })
  }
}
