/**
 * What was chosen, kept with the unfinished import: at each step, with each token, and on leaving.
 */
import { useEffect, useRef } from 'react'
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import { saveImport } from '../../api/admin.ts'
import { sessionState } from '../../app/session.ts'
import { storedChoices } from './choices.ts'
import type { WizardState } from './wizard-state.ts'

/** @returns what saves the choices at a step. */
export function useSavedChoices(
  keyId: string | undefined,
  { choices, step, done }: WizardState,
): (at: ImportStep) => void {
  const saved = useRef(choices)
  const save = (at: ImportStep): void => {
    saved.current = choices
    // A step that is not remembered is chosen again: nobody is kept from going on.
    if (keyId !== undefined) void saveImport(keyId, at, storedChoices(choices)).catch(() => {})
  }
  const keep = useRef(() => {})
  keep.current = () => {
    if (saved.current !== choices && done === undefined && sessionState.get().kind === 'active')
      save(step)
  }
  useEffect(() => {
    // What is wrapped under the key of a token is of use with that token alone: it is not left to
    // the next step.
    if (saved.current.token !== choices.token) keep.current()
  }, [choices.token])
  useEffect(() => () => keep.current(), [])
  return save
}
