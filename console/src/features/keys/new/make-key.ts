/** A new key out of the form, with what is set on it once it is there. */
import * as kms from '../../../api/kms.ts'
import { type KeyFormState, newKeyOf } from './key-form.tsx'
import { tagsOf } from './tag-rows.tsx'

export type Made = {
  readonly id: string
  /** Why the rest was not done: the key is there all the same. */
  readonly failures: readonly unknown[]
}

/**
 * @param rotationDays null for a key that does not rotate by itself.
 * @throws Refusal, NoConnection when there is no key.
 */
export async function makeKey(
  form: KeyFormState,
  origin: kms.NewKey['origin'],
  rotationDays: number | null,
): Promise<Made> {
  const id = await kms.createKey(newKeyOf(form, origin))
  const tags = tagsOf(form.tags)
  const rest = [
    ...(tags.length > 0 ? [() => kms.setTags(id, tags)] : []),
    ...(rotationDays !== null ? [() => kms.enableRotation(id, rotationDays)] : []),
  ]
  const failures: unknown[] = []
  for (const one of rest) await one().catch((failure: unknown) => failures.push(failure))
  return { id, failures }
}
