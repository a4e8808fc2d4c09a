/**
 * Which requests may try a password: a page of another origin must not make a visitor's browser try
 * one. Fetch Metadata; Fetch, "CORS-safelisted request-header".
 */
import { KmsError } from '../domain/errors.ts'
import type { HeaderBag } from '../wire/headers.ts'

const json = /^application\/json\s*(?:;|$)/i

/**
 * Refuses what a page of another origin sends: by what browsers state about it, and by its type,
 * since a page cannot send `application/json` elsewhere without a preflight request, which is never
 * granted.
 * @throws KmsError session-forged, request-malformed.
 */
export function checkSameSite(headers: HeaderBag): void {
  if (!headers.all('sec-fetch-site').every((site) => site === 'same-origin' || site === 'none'))
    throw new KmsError('session-forged', 'a sign-in from a page of another origin is refused')
  if (!headers.all('content-type').some((type) => json.test(type)))
    throw new KmsError('request-malformed', 'a sign-in must have Content-Type: application/json')
}

/**
 * The same for requests that no page has a use for.
 * @throws KmsError session-forged, request-malformed.
 */
export function checkNoPage(headers: HeaderBag): void {
  if (headers.all('origin').length > 0)
    throw new KmsError(
      'session-forged',
      'a request with the header Origin comes from a web page and cannot get a token',
    )
  checkSameSite(headers)
}
