/** `holdfast key succeed`: a successor with its own material, to which the aliases move. */
import { keySpec } from '../domain/keys/key-specs.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { prove } from './drill.ts'
import { CliFailure } from './failure.ts'
import { type Context, expirationOf, findKey, wrapHere } from './keys.ts'
import type { Answer, KmsClient } from './kms-client.ts'
import { materialFrom, type ReadFlags } from './material-file.ts'
import { print, progress } from './output.ts'

export type SucceedFlags = ReadFlags & { material: string; expires?: string }

/**
 * The old key continues to decrypt. Run again with the same material, the command resumes where it
 * stopped.
 */
export async function succeedKey(
  { kms, json }: Context,
  name: string,
  flags: SucceedFlags,
): Promise<void> {
  const { key_id, key_spec } = await findKey(kms, name)
  const spec = keySpec(key_spec)
  // The owner's input is read before the server creates anything.
  const expiration = expirationOf(flags)
  using material = Wiped.of(await materialFrom(flags.material, spec, flags))
  const successor =
    (await begunSuccessor(kms, key_id)) ??
    (await kms.admin('POST', `/keys/${key_id}/successor`, {}))
  if (successor.state === 'pending-import')
    await kms.call('import-key-material', {
      ...(await wrapHere(kms, successor.id, material.bytes, spec)),
      ...expiration,
    })
  else
    await checkGiven(flags.material, successor.id, () =>
      prove(kms, successor.id, material.bytes, spec),
    )
  progress('moving the alias ...')
  const moved = await kms.admin('POST', `/keys/${successor.id}/succeed`, {})
  print({ json }, moved, [
    `${moved.successor.id} is now ${moved.successor.alias}`,
    `${moved.predecessor.id} is now ${moved.predecessor.alias} and still decrypts; clients that use its ID must be changed`,
  ])
}

/** The successor that an interrupted earlier run created. */
async function begunSuccessor(kms: KmsClient, keyId: string): Promise<Answer | undefined> {
  const { keys } = await kms.admin('GET', '/keys?text=%2Fnext-&limit=200')
  return keys.find(({ succeeds }: Answer) => succeeds === keyId)
}

/**
 * With a different file in the second run, the owner would believe that the alias uses that
 * material.
 */
async function checkGiven(
  file: string,
  successor: string,
  proof: () => Promise<unknown>,
): Promise<void> {
  try {
    await proof()
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    const said = `an earlier run already gave the successor ${successor} its material, and ${file} could not be verified as the same`
    throw new CliFailure('refused', `${said}: ${error.message}`, { cause: error })
  }
}
