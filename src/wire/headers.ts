/**
 * Request headers from Node's raw list, which still shows what its merged form hides: a name that
 * came twice.
 */
import { WireError } from './wire-error.ts'

/** Names that decide something: with a second one, two readers could see two requests. */
const single: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'trailer',
  'expect',
  'x-sdk-date',
  'x-sdk-content-sha256',
  'x-auth-token',
  'x-subject-token',
  'x-security-token',
  'x-project-id',
  'x-domain-id',
  'x-amz-date',
  'x-amz-target',
  'x-amz-security-token',
  'x-amz-content-sha256',
])

export class HeaderBag {
  readonly #values = new Map<string, string | readonly string[]>()

  /**
   * @param raw names and values alternating; values as Node returns them, one character per byte.
   * @param options.needsHost false for a request whose answer does not depend on the host.
   * @throws WireError bad-header.
   */
  constructor(
    raw: readonly string[],
    { needsHost }: { readonly needsHost: boolean } = { needsHost: true },
  ) {
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = (raw[i] as string).toLowerCase()
      const value = raw[i + 1] as string
      const known = this.#values.get(name)
      if (known === undefined) this.#values.set(name, value)
      else if (single.has(name)) throw new WireError('bad-header', `duplicate header ${name}`)
      else this.#values.set(name, typeof known === 'string' ? [known, value] : [...known, value])
    }
    if (needsHost && !this.#values.has('host'))
      throw new WireError('bad-header', 'the header host is missing')
  }

  /**
   * The one value of a header, by lower-case name; undefined if it is missing or came more than
   * once.
   */
  get(name: string): string | undefined {
    const value = this.#values.get(name)
    return typeof value === 'string' ? value : undefined
  }

  /** Every value of a header, in the order they came. */
  all(name: string): readonly string[] {
    const value = this.#values.get(name)
    if (value === undefined) return []
    return typeof value === 'string' ? [value] : value
  }
}
