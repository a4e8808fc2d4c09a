/** Who is signed in, and what they may do. The rules of roles are the domain's. */
import { QueryClient } from '@tanstack/react-query'
import { type Right, roleHasRight } from '../../../src/domain/access/roles.ts'
import { describeSession, type Session, signOut } from '../api/admin.ts'
import { NoConnection, Refusal, setCallHooks, setCsrfToken } from '../api/call.ts'
import { setProject } from '../api/kms.ts'
import { connectionFound, connectionLost, setOnBack } from './connection.ts'
import { forgetNotices } from './notices.ts'
import { Store } from './store.ts'

export type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'none' }
  | { readonly kind: 'active'; readonly session: Session }
  /** The session ended: the page stays as it is until somebody signs in again. */
  | { readonly kind: 'ended'; readonly session: Session }

export const sessionState = new Store<SessionState>({ kind: 'unknown' })

/** Looks again by itself this often while the page is in view. */
const refreshMs = 30_000

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false,
      staleTime: 2000,
      refetchInterval: refreshMs,
      refetchIntervalInBackground: false,
    },
    mutations: { retry: false },
  },
})

export function signedIn(session: Session): void {
  const before = sessionState.get()
  if (before.kind === 'ended' && before.session.user.id !== session.user.id) forgetEverything()
  setCsrfToken(session.csrf_token ?? '')
  setProject(session.project.id)
  sessionState.set({ kind: 'active', session })
  void queries.invalidateQueries()
}

/** The person leaves: nothing of theirs stays in the page. */
export function signedOut(): void {
  forgetEverything()
  sessionState.set({ kind: 'none' })
}

function forgetEverything(): void {
  setCsrfToken('')
  queries.clear()
  forgetNotices()
}

/**
 * Signs out.
 * @returns false when no answer came: the session may live on, and nobody is shown a page as if it
 * did not.
 */
export async function endSession(): Promise<boolean> {
  try {
    await signOut()
  } catch (error) {
    if (error instanceof NoConnection) return false
  }
  signedOut()
  return true
}

function sessionEnded(): void {
  const state = sessionState.get()
  if (state.kind === 'active') sessionState.set({ kind: 'ended', session: state.session })
}

/**
 * Another tab of this browser signed in since: this one goes on in its session, if it is the same
 * person's.
 */
async function adoptSession(): Promise<boolean> {
  const state = sessionState.get()
  if (state.kind !== 'active') return false
  try {
    const session = await describeSession()
    if (session.user.id === state.session.user.id) {
      setCsrfToken(session.csrf_token ?? '')
      sessionState.set({ kind: 'active', session })
      return true
    }
    sessionEnded()
  } catch (error) {
    if (error instanceof Refusal) sessionEnded()
  }
  return false
}

setCallHooks({
  onSignedOut: sessionEnded,
  onOtherSession: adoptSession,
  onLost: connectionLost,
  onFound: connectionFound,
})
setOnBack(() => {
  if (sessionState.get().kind === 'unknown') return void findSession()
  void queries.invalidateQueries()
})

/** Asks the server whether this browser is signed in. */
export async function findSession(): Promise<void> {
  try {
    signedIn(await describeSession())
  } catch (error) {
    if (error instanceof Refusal) sessionState.set({ kind: 'none' })
  }
}

/** The session of a page that is only shown to somebody signed in. */
export function useSession(): Session {
  const state = sessionState.use()
  if (state.kind !== 'active' && state.kind !== 'ended') throw new TypeError('nobody is signed in')
  return state.session
}

/** Whether the person may do something: a control for what they may not is not shown. */
export function useMay(right: Right): boolean {
  return useRights()(right)
}

/** The rights of the person, to ask for several of them. */
export function useRights(): (right: Right) => boolean {
  const { user, must_change_password } = useSession()
  return (right) => !must_change_password && roleHasRight(user.role, right)
}
