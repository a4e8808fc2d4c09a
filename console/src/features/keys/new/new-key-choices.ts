/** What is chosen for a new key, and what is wrong with it before anything is sent. */
import { rotationDays } from '../../../../../src/domain/rules.ts'
import { Objection } from '../../../api/refusal.ts'
import { typedDays } from '../../../parts/data/typed-days.ts'
import { type FormField, type KeyFormState, newKeyForm } from './key-form.tsx'
import { tagObjection, tagsOf } from './tag-rows.tsx'

/** Everything that the page asks for. */
export type Choices = {
  readonly origin: 'kms' | 'external'
  readonly form: KeyFormState
  readonly hasRotation: boolean
  /** Between two rotations, as typed. */
  readonly days: string
}

/** What is wrong, and which field says so: `all` for none of them. */
export type Wrong = { readonly field: FormField | 'days'; readonly cause: unknown }

/** What the page begins with. */
export function firstChoices(): Choices {
  return { origin: 'kms', form: newKeyForm(), hasRotation: false, days: String(rotationDays.usual) }
}

/** Only symmetric keys that are made here rotate by themselves. */
export function canRotate({ origin, form }: Choices): boolean {
  return origin === 'kms' && form.kind === 'encrypt'
}

/** Days between two rotations; null for a key that does not rotate by itself. */
export function rotationOf(choices: Choices): number | null {
  return canRotate(choices) && choices.hasRotation ? Number(choices.days) : null
}

/** What is wrong with the choices before anything is sent. */
export function wrongOf(choices: Choices): Wrong | undefined {
  if (rotationOf(choices) !== null && typedDays(choices.days, rotationDays) === undefined)
    return {
      field: 'days',
      cause: new Objection('errors.rotation-interval-invalid', rotationDays),
    }
  const objection = tagObjection(tagsOf(choices.form.tags))
  return objection && { field: 'tags', cause: objection }
}
