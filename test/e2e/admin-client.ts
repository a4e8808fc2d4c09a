/**
 * A console without a browser: a session's cookie and its token, and calls to both APIs with them.
 */
import { readFileSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Answer, Body, Credentials } from './client.ts'

type Entrant = Pick<Credentials, 'user_name' | 'password' | 'project_id'>

export class AdminClient {
  readonly url: string
  cookie: string | undefined
  csrf: string | undefined
  projectId: string | undefined
  readonly #agent: Agent

  /** @param caFile of the server's certificate, over https. */
  constructor(url: string, caFile?: string) {
    this.url = url
    this.#agent =
      caFile === undefined
        ? new Agent({ keepAlive: true })
        : new TlsAgent({ keepAlive: true, ca: readFileSync(caFile) })
  }

  /** Signs in and, the first time, replaces the password. @returns the password from then on. */
  async enter({ user_name, password, project_id }: Entrant, next = newPassword): Promise<string> {
    const first = await this.signIn(user_name, password, { project: project_id })
    if (first.status !== 201)
      throw new Error(`sign-in: ${first.status} ${JSON.stringify(first.body)}`)
    if (!first.body.must_change_password) return password
    const changed = await this.call('POST', '/password', {
      current_password: password,
      new_password: next,
    })
    if (changed.status !== 200)
      throw new Error(`password: ${changed.status} ${JSON.stringify(changed.body)}`)
    return next
  }

  signIn(
    user_name: string,
    password: string,
    more: object = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.call('POST', '/session', { user_name, password, ...more }, headers)
  }

  /** One operation of the admin API, with any answer. */
  call(
    method: string,
    path: string,
    data?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send(method, `/admin/v1${path}`, data, headers)
  }

  /** One operation that must succeed. */
  async ok(method: string, path: string, data?: object): Promise<Body> {
    const { status, body } = await this.call(method, path, data)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  /** One operation of the KMS with the session. */
  kms(operation: string, data: object): Promise<Answer> {
    return this.send('POST', `/v1.0/${this.projectId}/kms/${operation}`, data)
  }

  async send(
    method: string,
    path: string,
    data?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const body = data === undefined ? '' : JSON.stringify(data)
    const own: Record<string, string> = {
      'content-length': String(Buffer.byteLength(body)),
      'sec-fetch-site': 'same-origin',
      ...(body !== '' && { 'content-type': 'application/json' }),
      ...(this.cookie !== undefined && { cookie: this.cookie }),
      ...(this.csrf !== undefined && { 'x-holdfast-csrf': this.csrf }),
      ...headers,
    }
    const answer = await new Promise<Answer>((resolve, reject) => {
      const send = this.url.startsWith('https:') ? tlsRequest : request
      const outgoing = send(this.url + path, { method, agent: this.#agent, headers: own })
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
    this.#keep(answer.headers as IncomingHttpHeaders, answer.body)
    return answer
  }

  close(): void {
    this.#agent.destroy()
  }

  #keep({ 'set-cookie': set }: IncomingHttpHeaders, body: Body): void {
    if (set?.[0] !== undefined)
      this.cookie = set[0].includes('Max-Age=0') ? undefined : set[0].split(';')[0]
    if (typeof body?.csrf_token === 'string') {
      this.csrf = body.csrf_token
      this.projectId = body.project.id
    }
  }
}

export const newPassword = 'correct horse battery staple'
