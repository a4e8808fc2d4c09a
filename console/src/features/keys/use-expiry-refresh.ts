/** What is shown of keys is asked for again when it changes by itself. */
import { useEffect, useRef } from 'react'
import type { KeyCard } from '../../api/admin.ts'

/** Asks again at the very instant at which something of what is shown expires or is deleted. */
export function useExpiryRefresh(keys: readonly KeyCard[] | undefined, refresh: () => void): void {
  const next = Math.min(
    ...(keys ?? [])
      .flatMap(({ expires_at, deletion_at }) => [expires_at, deletion_at])
      .filter((at) => at !== null && at > Date.now())
      .map(Number),
  )
  const refreshNow = useRef(refresh)
  refreshNow.current = refresh
  useEffect(() => {
    const wait = next - Date.now()
    // Longer waits than a timer takes come round with the usual refresh.
    if (!(wait < 2_147_483_647)) return
    const timer = setTimeout(() => refreshNow.current(), Math.max(0, wait) + 50)
    return () => clearTimeout(timer)
  }, [next])
}
