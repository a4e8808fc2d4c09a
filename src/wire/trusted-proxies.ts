/**
 * Finds the client's address when proxies are in front of the server: X-Forwarded-For, read from
 * the right, as far as the proxies that wrote it are trusted.
 */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { plainAddress } from './addresses.ts'

/** More hops than any honest chain has; hops beyond this are ignored. */
const mostHops = 16

export class TrustedProxies {
  readonly #trusted = new BlockList()

  /** @param blocks such as 10.0.0.0/8 and fd00::/8, validated by the caller. */
  constructor(blocks: readonly string[]) {
    for (const block of blocks) {
      const [address = '', prefix] = block.split('/')
      this.#trusted.addSubnet(address, Number(prefix), familyOf(address))
    }
  }

  has(address: string): boolean {
    const plain = plainAddress(address)
    return isIP(plain) !== 0 && this.#trusted.check(plain, familyOf(plain))
  }

  /**
   * The address that a request comes from: the last of all hops that is not a trusted proxy. Each
   * proxy appends the address that connected to it, so anything left of an untrusted hop may be
   * invented, and anything that is not an address ends the reading.
   * @param peer of the connection.
   * @param forwarded every X-Forwarded-For, in the order received.
   */
  sourceOf(peer: string, forwarded: readonly string[]): string {
    let source = peer
    const hops = forwarded.join(',').split(',').slice(-mostHops)
    while (this.has(source)) {
      const hop = hops.pop()?.trim() ?? ''
      if (isIP(hop) === 0) return source
      source = plainAddress(hop)
    }
    return source
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
