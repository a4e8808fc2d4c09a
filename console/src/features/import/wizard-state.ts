/** Where the wizard is and what it knows: one state, and what happens to it. Pure. */
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import type { Facts } from '../../material/protocol.ts'
import type { Choices } from './choices.ts'

/** Where the material is, in the order in which it moves. */
export const whereabouts = ['nowhere', 'page', 'wrapped', 'holdfast'] as const
export type Whereabouts = (typeof whereabouts)[number]

/** Material that was wrapped on another computer. */
export type WrappedElsewhere = { readonly material: string; readonly privateKey: string | null }

export type Done =
  | {
      readonly kind: 'imported'
      readonly expiresAt: number | null
      readonly drilledAt: number | undefined
    }
  | { readonly kind: 'drilled'; readonly at: number }

export type WizardState = {
  readonly step: ImportStep
  readonly choices: Choices
  /** What was read of the material that the page holds. */
  readonly facts: Facts | undefined
  /** Or what was wrapped elsewhere. */
  readonly wrapped: WrappedElsewhere | undefined
  /** A backup of what the page holds was opened again. */
  readonly isProved: boolean
  readonly where: Whereabouts
  readonly done: Done | undefined
}

export type WizardEvent =
  | { readonly kind: 'chosen'; readonly change: Partial<Choices> }
  | { readonly kind: 'went'; readonly to: ImportStep }
  /** Material was read, or what was read is not wanted. */
  | { readonly kind: 'read'; readonly facts: Facts | undefined }
  | { readonly kind: 'wrapped'; readonly files: WrappedElsewhere | undefined }
  /** What was wrapped elsewhere is of no use: it has to be wrapped again. */
  | { readonly kind: 'refused' }
  /** The page holds the material no longer, without the person's doing. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'proved'; readonly isProved: boolean }
  | { readonly kind: 'moved'; readonly where: Whereabouts }
  | { readonly kind: 'done'; readonly done: Done }

/** A wizard begins with the material, one step after the one that shows what the key is. */
export function wizardAt(choices: Choices): WizardState {
  return {
    step: 'material',
    choices,
    facts: undefined,
    wrapped: undefined,
    isProved: false,
    where: 'nowhere',
    done: undefined,
  }
}

export function afterEvent(state: WizardState, event: WizardEvent): WizardState {
  switch (event.kind) {
    case 'chosen':
      return { ...state, choices: { ...state.choices, ...event.change } }
    case 'went':
      return { ...state, step: event.to }
    case 'read':
      return {
        ...state,
        facts: event.facts,
        wrapped: undefined,
        isProved: false,
        where: event.facts === undefined ? 'nowhere' : 'page',
      }
    case 'wrapped':
      return {
        ...state,
        wrapped: event.files,
        where: event.files === undefined ? 'nowhere' : 'wrapped',
      }
    case 'refused':
      return { ...state, wrapped: undefined, step: 'material' }
    case 'lost':
      return state.done === undefined
        ? { ...state, facts: undefined, isProved: false, where: 'nowhere', step: 'material' }
        : state
    case 'proved':
      return { ...state, isProved: event.isProved }
    case 'moved':
      return { ...state, where: event.where }
    case 'done':
      return {
        ...state,
        done: event.done,
        where: event.done.kind === 'imported' ? 'holdfast' : 'nowhere',
      }
  }
}
