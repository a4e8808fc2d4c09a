/** `holdfast status`: whether a server is there and ready, and what it asks its owner to do. */
import { existsSync } from 'node:fs'
import type { Credentials } from './credentials.ts'
import { CliFailure } from './failure.ts'
import { endpointOf, fetchText, kmsClient } from './kms-client.ts'
import { type Print, print } from './output.ts'

export type StatusParts = Print & {
  readonly endpoint: string
  readonly ca: string | undefined
  /** Undefined where there is no file of credentials: then only readiness is told. */
  readonly credentials: Credentials | undefined
  /** bootstrap.json of the data folder. */
  readonly bootstrap: string
}

/** Exit code 1 when the server is there but not ready. @throws CliFailure unreachable. */
export async function showStatus({
  json,
  endpoint,
  ca,
  credentials,
  bootstrap,
}: StatusParts): Promise<void> {
  const base = endpointOf(endpoint)
  const ready = await fetchText(
    base,
    { method: 'GET', path: '/readyz', timeout: 5000 },
    undefined,
    ca,
  )
  if (ready.status !== 200 && ready.status !== 503)
    throw new CliFailure(
      'unreachable',
      `${base.origin} is not a Holdfast server: it answered ${ready.status}`,
    )
  const quota = credentials === undefined ? undefined : await quotaOf(credentials, endpoint, ca)
  const reminders = existsSync(bootstrap)
    ? [`${bootstrap} holds credentials in the clear: put them where they belong and remove it`]
    : []
  const lines = [
    `${base.origin}: ${ready.text.trim()}`,
    ...(quota === undefined ? [] : [`keys: ${quota.used} of ${quota.quota}`]),
    ...reminders,
  ]
  print(
    { json },
    {
      endpoint: base.origin,
      ready: ready.status === 200,
      readiness: ready.text.trim(),
      keys: quota,
      reminders,
    },
    lines,
  )
  if (ready.status !== 200) process.exitCode = 1
}

async function quotaOf(
  credentials: Credentials,
  endpoint: string,
  ca: string | undefined,
): Promise<{ used: number; quota: number }> {
  const { quotas } = await kmsClient(credentials, endpoint, { ca }).get('user-quotas')
  const { used, quota } = quotas.resources[0]
  return { used, quota }
}
