/** GET / and GET /v1.0: which versions of the API there are. Anyone may ask. */

const current = (id: string) => ({
  id,
  links: [{ href: `/${id}`, rel: 'self' }],
  version: '',
  status: 'CURRENT',
  updated: '2026-11-24T00:00:00Z',
  min_version: '',
})

const version = 'v1.0'

/** Body of the answer, or undefined when the path asks for something else. */
export function versionsAnswer(method: string, rawTarget: string): string | undefined {
  if (method !== 'GET') return undefined
  if (rawTarget === '/') return JSON.stringify({ versions: [current(version)] })
  if (rawTarget === `/${version}` || rawTarget === `/${version}/`) return JSON.stringify({ version: current(version) })
  return undefined
}
