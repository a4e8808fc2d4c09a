/** Signs calls with the vendor's own signer. */
import { createRequire } from 'node:module'
import type { Request } from './load.ts'
import type { Credentials } from './server.ts'

type Signer = {
  sign(
    request: {
      method: string
      endpoint: string
      headers: Record<string, string>
      data: object
      queryParams: object
    },
    credential: { getAk(): string; getSk(): string },
  ): Record<string, string>
}
const { AKSKSigner } = createRequire(import.meta.url)(
  '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js',
) as {
  AKSKSigner: Signer
}

export type Kms = {
  request(operation: string, data: object): Request
  /** Calls it once. @throws Error unless it succeeds. */
  call(operation: string, data: object): Promise<Record<string, unknown>>
}

export function kmsAt(url: string, { project_id, access_key, secret_key }: Credentials): Kms {
  const request = (operation: string, data: object): Request => {
    const path = `/v1.0/${project_id}/kms/${operation}`
    const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    const headers = {
      'X-Sdk-Date': date,
      'content-type': 'application/json',
      'user-agent': 'huaweicloud-usdk-nodejs/3.0',
    }
    const signed = AKSKSigner.sign(
      { method: 'POST', endpoint: url + path, headers, data, queryParams: {} },
      { getAk: () => access_key, getSk: () => secret_key },
    )
    return { method: 'POST', path, headers: signed, body: JSON.stringify(data) }
  }
  return {
    request,
    async call(operation, data) {
      const { path, headers, body } = request(operation, data)
      const response = await fetch(url + path, { method: 'POST', headers, body })
      const answer = (await response.json()) as Record<string, unknown>
      if (response.status !== 200)
        throw new Error(`${operation}: ${response.status} ${JSON.stringify(answer)}`)
      return answer
    },
  }
}
