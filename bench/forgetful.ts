/**
 * Hooks of `without-audit.ts`: calls that change nothing are acknowledged in the next turn of the
 * event loop, without writer, file or second decision.
 */
import type { Journal } from '../src/ports/journal.ts'

export function hooks(): { journal: (real: Journal) => Journal } {
  return {
    journal: (real) => {
      let waiting: (() => void)[] = []
      return {
        decidingNow: () => real.decidingNow(),
        agreedNow: () => real.agreedNow(),
        submit(submission, done) {
          if (submission.writes.length > 0) return real.submit(submission, done)
          waiting.push(() => done('recorded'))
          if (waiting.length > 1) return
          setImmediate(() => {
            const turn = waiting
            waiting = []
            for (const acknowledge of turn) acknowledge()
          })
        },
      }
    },
  }
}
