/**
 * Internet addresses as text: the block that one subscriber or site has, by which limits count. RFC
 * 4291, RFC 4632.
 */
import { isIPv4, isIPv6 } from 'node:net'

const groups = 8
const mapped = /^::ffff:(?=\d+\.)/i

/**
 * The block of an address: /24 of IPv4, also of IPv4 mapped into IPv6, and /64 of IPv6, which is
 * the least that one subscriber has. Text that is not an address is a block of its own.
 * @param address as a socket or a header names it; a zone (`%eth0`) does not count.
 */
export function addressBlock(address: string): string {
  const plain = plainAddress(address)
  if (isIPv4(plain)) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`
  if (isIPv6(plain)) return `${expanded(plain).slice(0, 4).join(':')}::/64`
  return address
}

/** An address without zone; IPv4 that is mapped into IPv6 is IPv4. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%')
  const last = bare.replace(mapped, '')
  return isIPv4(last) ? last : bare.toLowerCase()
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expanded(address: string): string[] {
  const [head = '', tail] = withoutDots(address).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: groups - before.length - after.length }, () => '0')
  return [...before, ...middle, ...after].map((group) => Number.parseInt(group, 16).toString(16))
}

/** The last two groups may be written as IPv4. */
function withoutDots(address: string): string {
  const dotted = address.slice(address.lastIndexOf(':') + 1)
  if (!isIPv4(dotted)) return address
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  return `${address.slice(0, -dotted.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
