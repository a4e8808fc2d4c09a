/** What the person who is signed in can do with a key. */
import { useTranslation } from 'react-i18next'
import { useRights } from '../../app/session.ts'
import { type ActionFacts, type KeyAction, keyActions, rights } from './key-actions.ts'

export type OwnActions = {
  /** Whether this person may do such things at all. */
  readonly may: (action: KeyAction) => boolean
  /** Whether it can be done now, by this person. */
  readonly can: (action: KeyAction) => boolean
  /** Whether a control for it is shown: it can be done, or there is a reason against it. */
  readonly shows: (action: KeyAction) => boolean
  /** Why it cannot be done now; undefined where it can. */
  readonly reason: (action: KeyAction) => string | undefined
}

/** Of one key. */
export function useKeyActions(key: ActionFacts): OwnActions {
  const { t } = useTranslation()
  const may = useMayAct()
  const actions = keyActions(key)
  return {
    may,
    can: (action) => may(action) && actions[action] === 'offered',
    shows: (action) => may(action) && actions[action] !== 'absent',
    reason(action) {
      const offer = actions[action]
      return typeof offer === 'string' ? undefined : t(offer.reason)
    },
  }
}

/** Whether the person who is signed in may do something with keys of the project. */
export function useMayAct(): (action: KeyAction) => boolean {
  const has = useRights()
  return (action) => has(rights[action])
}
