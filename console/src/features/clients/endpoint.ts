/**
 * Where clients reach the service: the server's `--public-url`, or else the address that this
 * browser uses.
 */
import { system } from '../../api/admin.ts'

/** The question that the frame of every page and the dialog of a new access key ask. */
export const systemQuery = {
  queryKey: ['system'],
  queryFn: system,
  refetchInterval: 300_000,
} as const

export type Endpoint = { readonly url: string; readonly isNamed: boolean }

export function endpointOf(publicUrl: string | null): Endpoint {
  return { url: publicUrl ?? location.origin, isNamed: publicUrl !== null }
}
