/** `holdfast status`: whether a server is running and ready, and what its owner should do. */
import { existsSync } from 'node:fs'
import type { Credentials } from './credentials.ts'
import { CliFailure } from './failure.ts'
import { endpointOf, fetchText, kmsClient } from './kms-client.ts'
import { type Print, print } from './output.ts'

export type StatusParts = Print & {
  readonly endpoint: string
  readonly ca: string | undefined
  /** Undefined without a credentials file: then only readiness is reported. */
  readonly credentials: Credentials | undefined
  /** bootstrap.json of the data folder. */
  readonly bootstrap: string
}

/** Exit code 1 if the server is running but not ready. @throws CliFailure unreachable. */
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
      `${base.origin} is not a Holdfast server (HTTP ${ready.status})`,
    )
  // A server that is not ready may refuse the question, and why it is not is the answer.
  const asks = credentials !== undefined && ready.status === 200
  const quota = asks ? await quotaOf(credentials, endpoint, ca) : undefined
  const reminders = existsSync(bootstrap)
    ? [
        `${bootstrap} contains credentials in plain text: move them to a safe place and delete the file`,
      ]
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
