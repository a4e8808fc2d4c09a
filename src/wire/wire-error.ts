/** The received bytes violate the rules of their format. */

export type WireErrorCode =
  | 'bad-json'
  | 'bad-target'
  | 'bad-header'
  | 'bad-timestamp'
  | 'bad-authorization'

/** The message names the rule and the position, never what was sent. */
export class WireError extends Error {
  readonly code: WireErrorCode

  constructor(code: WireErrorCode, message: string) {
    super(message)
    this.name = 'WireError'
    this.code = code
  }
}
