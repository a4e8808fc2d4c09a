/**
 * Messages about what was done. Each stays until it is closed or the next one comes, and can be
 * read again in the list.
 */
import { Store } from './store.ts'

export type Notice = {
  readonly id: number
  readonly kind: 'ok' | 'warning' | 'danger' | 'info'
  readonly text: string
  readonly at: number
}

const kept = 50
let count = 0

/** All of this visit, the latest first. */
export const notices = new Store<readonly Notice[]>([])
/** The one that is shown. */
export const shownNotice = new Store<Notice | null>(null)

export function notify(kind: Notice['kind'], text: string): void {
  const notice: Notice = { id: ++count, kind, text, at: Date.now() }
  notices.set([notice, ...notices.get()].slice(0, kept))
  shownNotice.set(notice)
}

export function forgetNotices(): void {
  notices.set([])
  shownNotice.set(null)
}
