/**
 * An unmodified Huawei client: every request is signed by the real signer of
 * @huaweicloud/huaweicloud-sdk-core.
 */
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { createRequire } from 'node:module'

type Signer = {
  AKSKSigner: {
    sign(
      request: {
        method: string
        endpoint: string
        headers: Record<string, string>
        data?: unknown
        queryParams?: Record<string, string>
      },
      credential: { getAk(): string; getSk(): string },
    ): Record<string, string>
  }
}
const { AKSKSigner } = createRequire(import.meta.url)(
  '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js',
) as Signer

export type Credentials = {
  readonly project_id: string
  readonly access_key: string
  readonly secret_key: string
  readonly domain_id: string
  readonly project_name: string
  readonly region: string
  readonly user_name: string
  readonly password: string
}
// biome-ignore lint/suspicious/noExplicitAny: the edge of the wire; tests read any answer of the server.
export type Body = any
export type Answer = {
  readonly status: number
  readonly body: Body
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export function readCredentials(file: string): Credentials {
  return JSON.parse(readFileSync(file, 'utf8')) as Credentials
}

export type SignedRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

export class HuaweiClient {
  readonly url: string
  readonly credentials: Credentials
  /** Time that requests are signed with. */
  clock: () => number = Date.now
  readonly #agent: Agent

  /**
   * @param keepAlive false for a test that blocks its own process for long, as spawnSync does: it
   * would not notice that the server has closed an idle connection, and send a call into nothing.
   * @param caFile of the server's certificate, over https.
   */
  constructor(
    url: string,
    credentials: Credentials,
    connections = 64,
    keepAlive = true,
    caFile?: string,
  ) {
    this.url = url
    this.credentials = credentials
    const options = { keepAlive, maxSockets: connections }
    this.#agent =
      caFile === undefined
        ? new Agent(options)
        : new TlsAgent({ ...options, ca: readFileSync(caFile) })
  }

  /** Headers and body as the SDK would send them. */
  sign(
    method: string,
    path: string,
    data?: object,
    headers: Record<string, string> = {},
  ): SignedRequest {
    const { access_key, secret_key } = this.credentials
    const date = `${new Date(this.clock()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    const own = {
      'X-Sdk-Date': date,
      'content-type': 'application/json',
      'user-agent': 'huaweicloud-usdk-nodejs/3.0',
      ...headers,
    }
    const [bare, query] = path.split('?')
    const queryParams = Object.fromEntries(new URLSearchParams(query))
    const signed = AKSKSigner.sign(
      { method, endpoint: this.url + bare, headers: own, ...(data && { data }), queryParams },
      { getAk: () => access_key, getSk: () => secret_key },
    )
    return { method, path, headers: signed, body: data === undefined ? '' : JSON.stringify(data) }
  }

  send({ method, path, headers, body }: SignedRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const requestOver = this.url.startsWith('https:') ? tlsRequest : request
      const outgoing = requestOver(this.url + path, {
        method,
        agent: this.#agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({
            status: response.statusCode ?? 0,
            body: text === '' ? undefined : JSON.parse(text),
            headers: response.headers,
          })
        })
      })
      outgoing.end(body)
    })
  }

  /** One operation of the KMS, with any answer. */
  call(operation: string, data: object = {}): Promise<Answer> {
    return this.send(
      this.sign('POST', `/v1.0/${this.credentials.project_id}/kms/${operation}`, data),
    )
  }

  get(operation: string): Promise<Answer> {
    return this.send(this.sign('GET', `/v1.0/${this.credentials.project_id}/kms/${operation}`))
  }

  /** Deletes something; its fields go in the body. */
  delete(operation: string, data: object): Promise<Answer> {
    return this.send(
      this.sign('DELETE', `/v1.0/${this.credentials.project_id}/kms/${operation}`, data),
    )
  }

  /** One operation that must succeed. */
  async ok(operation: string, data: object = {}): Promise<Body> {
    const { status, body } = await this.call(operation, data)
    if (status !== 200) throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  async createKey(fields: object = {}): Promise<string> {
    const { key_info } = await this.ok('create-key', {
      key_alias: `key-${crypto.randomUUID()}`,
      ...fields,
    })
    return key_info.key_id as string
  }

  async describe(keyId: string): Promise<Body> {
    return (await this.ok('describe-key', { key_id: keyId })).key_info
  }

  /** Wraps `material` for a key as its owner would, and sends it. */
  async import(keyId: string, material: Uint8Array, fields: object = {}): Promise<Answer> {
    const parameters = await this.ok('get-parameters-for-import', {
      key_id: keyId,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    return this.call('import-key-material', {
      key_id: keyId,
      import_token: parameters.import_token,
      encrypted_key_material: wrap(parameters.public_key, material),
      ...fields,
    })
  }

  /** The same for a private key: PKCS#8 under a temporary key, and that under the wrapping key. */
  async importPrivateKey(keyId: string, pkcs8: Uint8Array, fields: object = {}): Promise<Answer> {
    const parameters = await this.ok('get-parameters-for-import', {
      key_id: keyId,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    const temporaryKey = randomBytes(32)
    return this.call('import-key-material', {
      key_id: keyId,
      import_token: parameters.import_token,
      encrypted_key_material: wrap(parameters.public_key, temporaryKey),
      encrypted_privatekey: wrapPrivateKey(temporaryKey, pkcs8),
      ...fields,
    })
  }

  async encrypt(keyId: string, plaintext: string, fields: object = {}): Promise<string> {
    return (await this.ok('encrypt-data', { key_id: keyId, plain_text: plaintext, ...fields }))
      .cipher_text as string
  }

  async decrypt(ciphertext: string, fields: object = {}): Promise<string> {
    return (await this.ok('decrypt-data', { cipher_text: ciphertext, ...fields }))
      .plain_text as string
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** RSAES-OAEP with SHA-256, base64. */
export function wrap(publicKeyBase64: string, material: Uint8Array): string {
  const key = { key: Buffer.from(publicKeyBase64, 'base64'), format: 'der', type: 'spki' } as const
  return publicEncrypt(
    { ...key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    material,
  ).toString('base64')
}

/** AES-KWP (RFC 5649), base64. */
export function wrapPrivateKey(temporaryKey: Uint8Array, pkcs8: Uint8Array): string {
  const cipher = createCipheriv(
    `id-aes${temporaryKey.length * 8}-wrap-pad`,
    temporaryKey,
    Buffer.from('a65959a6', 'hex'),
  )
  return Buffer.concat([cipher.update(pkcs8), cipher.final()]).toString('base64')
}
