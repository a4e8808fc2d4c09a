/**
 * The admin API, operation by operation. Types come from the schemas that the server checks its
 * answers by.
 */
import type {
  AccessKeyAnswer,
  AuditAnswer,
  CallsAnswer,
  CardAnswer,
  Choices,
  DetailsAnswer,
  ImportsAnswer,
  KeyAnswer,
  OverviewAnswer,
  PeopleAnswer,
  SessionAnswer,
  SystemAnswer,
} from '../../../src/dialects/admin/answers.ts'
import { call, sessionPath } from './call.ts'

export type Session = SessionAnswer
export type Key = KeyAnswer
export type KeyCard = CardAnswer
export type KeyDetails = DetailsAnswer
export type KeyState = KeyAnswer['state']
export type UnfinishedImport = ImportsAnswer['imports'][number]
export type AuditRecord = AuditAnswer['records'][number]
export type AuditPage = AuditAnswer
export type Finding = OverviewAnswer['findings'][number]
export type Overview = OverviewAnswer
export type CallCounts = CallsAnswer
export type Person = PeopleAnswer['people'][number]
export type AccessKey = AccessKeyAnswer
export type System = SystemAnswer
export type ImportChoices = Choices
export type ImportStep = NonNullable<UnfinishedImport['step']>
export type Span = 'day' | 'week' | 'month'

const base = '/admin/v1'

/**
 * A blank is %20 and a plus sign %2B: so it reads the same by either rule for queries (RFC 3986,
 * WHATWG URL). A tab that was pasted is a blank: the server takes no control characters.
 */
function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [
          `${name}=${encodeURIComponent(
            String(value)
              .toWellFormed()
              .replaceAll(/\p{Cc}/gu, ' '),
          )}`,
        ],
  )
  return given.length === 0 ? '' : `?${given.join('&')}`
}

export type SignIn = {
  readonly user_name: string
  readonly password: string
  readonly project?: string
}

export const signIn = (fields: SignIn) => call<Session>('POST', sessionPath, fields)
export const describeSession = () => call<Session>('GET', sessionPath)
export const signOut = () => call('DELETE', sessionPath)
export const changePassword = (
  current_password: string,
  new_password: string,
  end_access_keys: boolean,
) => call<Session>('POST', `${base}/password`, { current_password, new_password, end_access_keys })

export type KeySearch = {
  readonly text?: string
  readonly tag?: string
  readonly tag_value?: string
  readonly state?: string
  readonly spec?: string
  readonly usage?: string
  readonly origin?: string
  readonly sort?: string
  readonly offset?: number
  readonly limit?: number
}
export type KeyPage = { readonly keys: KeyCard[]; readonly total: number }

export const searchKeys = (search: KeySearch, signal?: AbortSignal) =>
  call<KeyPage>('GET', `${base}/keys${query(search)}`, undefined, signal && { signal })
export const describeKey = (id: string) => call<KeyDetails>('GET', `${base}/keys/${id}`)
export const findByFingerprint = (fingerprint: string) =>
  call<Key>('GET', `${base}/fingerprints/${fingerprint}`)

export type KeyEdit = {
  readonly revision: number
  readonly alias?: string
  readonly description?: string
  readonly backup_place?: string
}
export const editKey = (id: string, edit: KeyEdit) => call<Key>('PATCH', `${base}/keys/${id}`, edit)
export const createSuccessor = (id: string, alias?: string) =>
  call<Key>('POST', `${base}/keys/${id}/successor`, alias === undefined ? {} : { alias })
export const succeed = (id: string) =>
  call<{ successor: Key; predecessor: Key }>('POST', `${base}/keys/${id}/succeed`, {})
export const encryptBytes = (
  id: string,
  plaintext: string,
  context: Readonly<Record<string, string>>,
  algorithm: string,
) =>
  call<{ ciphertext: string }>('POST', `${base}/keys/${id}/encrypt`, {
    plaintext,
    context,
    algorithm,
  })

export type AuditSearch = {
  readonly operation?: string
  readonly caller?: string
  readonly outcome?: string
  readonly key_id?: string
  /** What consoles read to show their pages is shown unless it says hidden. */
  readonly reads?: 'hidden'
  readonly from?: number
  readonly to?: number
  readonly before?: string
  readonly limit?: number
}
export const searchAudit = (search: AuditSearch) =>
  call<AuditPage>('GET', `${base}/audit${query(search)}`)
export const keyActivity = (id: string, search: Omit<AuditSearch, 'key_id'>) =>
  call<AuditPage>('GET', `${base}/keys/${id}/activity${query(search)}`)
export const countCalls = (span: Span) => call<CallCounts>('GET', `${base}/calls?span=${span}`)
export const overview = () => call<Overview>('GET', `${base}/overview`)
export const system = () => call<System>('GET', `${base}/system`)

export type ImportsSearch = {
  readonly key_id?: string
  readonly offset?: number
  readonly limit?: number
}
export const listImports = (search: ImportsSearch) =>
  call<ImportsAnswer>('GET', `${base}/imports${query(search)}`)
export const saveImport = (id: string, step: ImportStep, choices: ImportChoices) =>
  call('PUT', `${base}/imports/${id}`, { step, choices })
export const discardImport = (id: string) => call('DELETE', `${base}/imports/${id}`)

export type Parameters = {
  readonly key_id: string
  readonly token: string
  readonly public_key: string
  readonly expires_at: number
}
export type WrappedFields = {
  readonly token: string
  readonly wrapped_material: string
  readonly wrapped_private_key?: string
}
export const importParameters = (id: string) =>
  call<Parameters>('POST', `${base}/keys/${id}/import-parameters`, {})
/**
 * What the key holds already renews its expiry.
 * @param fields `expires_at` in milliseconds since 1970, left out for never.
 */
export const importMaterial = (
  id: string,
  fields: WrappedFields & { readonly expires_at?: number },
) => call('POST', `${base}/keys/${id}/import`, fields)
export const drillParameters = (id: string) =>
  call<Parameters>('POST', `${base}/keys/${id}/drill-parameters`, {})
export const drill = (id: string, fields: WrappedFields) =>
  call<{ key_id: string; drilled_at: number }>('POST', `${base}/keys/${id}/drill`, fields)

export const listAccessKeys = () => call<{ access_keys: AccessKey[] }>('GET', `${base}/access-keys`)
/** @param password of the person: an access key outlives the session that asks for it. */
export const createAccessKey = (password: string) =>
  call<AccessKey & { secret: string }>('POST', `${base}/access-keys`, { password })
export const setAccessKey = (id: string, enabled: boolean) =>
  call<AccessKey>('PATCH', `${base}/access-keys/${id}`, { enabled })
export const deleteAccessKey = (id: string) => call('DELETE', `${base}/access-keys/${id}`)
export const listPeople = () => call<PeopleAnswer>('GET', `${base}/people`)
