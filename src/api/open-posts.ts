/**
 * Which requests may try a password: a page of another origin must not have a visitor's browser try
 * it for them. Fetch Metadata; Fetch, "CORS-safelisted request-header".
 */
import { KmsError } from '../domain/errors.ts'
import type { HeaderBag } from '../wire/headers.ts'

const json = /^application\/json\s*(?:;|$)/i

/**
 * What a page of another origin sends is refused: by what browsers say of it, and by its type,
 * since no page sends `application/json` elsewhere without asking first, which is never granted.
 * @throws KmsError session-forged, request-malformed.
 */
export function checkSameSite(headers: HeaderBag): void {
  if (!headers.all('sec-fetch-site').every((site) => site === 'same-origin' || site === 'none'))
    throw new KmsError('session-forged', 'a sign-in from a page of another origin is refused')
  if (!headers.all('content-type').some((type) => json.test(type)))
    throw new KmsError('request-malformed', 'a sign-in is sent with Content-Type: application/json')
}

/**
 * The same for what no page has any use for.
 * @throws KmsError session-forged, request-malformed.
 */
export function checkNoPage(headers: HeaderBag): void {
  if (headers.all('origin').length > 0)
    throw new KmsError(
      'session-forged',
      'a request with the header Origin comes from a page and gets no token',
    )
  checkSameSite(headers)
}
