/**
 * GET /, GET /v1.0 and GET /v3: the available versions of the KMS and of IAM, which share one
 * address here. Anyone may ask: OpenStack clients do so before they sign in.
 */

const current = (id: string) => ({
  id,
  links: [{ href: `/${id}`, rel: 'self' }],
  version: '',
  status: 'CURRENT',
  updated: '2026-11-24T00:00:00Z',
  min_version: '',
})

const version = 'v1.0'
const iamVersion = 'v3'

/** As Keystone describes itself; clients use the number after the dot as a hint at most. */
const identity = (base: string) => ({
  id: `${iamVersion}.6`,
  links: [{ href: `${base}/${iamVersion}/`, rel: 'self' }],
  status: 'stable',
  updated: '2026-11-28T00:00:00Z',
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

const answers: Readonly<Record<string, (base: string) => object>> = {
  '/': (base) => ({ versions: [current(version), identity(base)] }),
  [`/${version}`]: () => ({ version: current(version) }),
  [`/${iamVersion}`]: (base) => ({ version: identity(base) }),
}

/** Body of the answer for an address of this server, or undefined for any other path. */
export function versionsAnswer(
  method: string,
  rawTarget: string,
): ((base: string) => object) | undefined {
  const path = rawTarget.length > 1 && rawTarget.endsWith('/') ? rawTarget.slice(0, -1) : rawTarget
  return method === 'GET' && Object.hasOwn(answers, path) ? answers[path] : undefined
}
