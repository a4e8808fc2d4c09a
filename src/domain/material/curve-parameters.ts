/**
 * The curve named by the parameters of an EC key, or spelt out in them (SEC 1, appendix C.2) with
 * the numbers of a named one.
 */
import { type CurveNumbers, curveOfId, type NamedCurve, namedCurves } from './curves.ts'
import { contentOf, derTag, dotted, type Element, numberOf, parts, unsigned } from './der.ts'
import { type FormFault, formFault } from './private-key-faults.ts'
import { otherCurves } from './private-key-ids.ts'

/** Of prime fields: X9.62. */
const primeFieldId = '2a8648ce3d0101'
const mostElements = 8
/** With more differences it is another curve: unrelated curves may still share a = 0 and h = 1. */
const mostDifferences = 3

/** In the symbols of SEC 1. */
const symbols: Readonly<Record<keyof CurveNumbers, string>> = {
  p: 'p',
  a: 'a',
  b: 'b',
  Gx: 'G',
  Gy: 'G',
  n: 'n',
  h: 'h',
}

/**
 * @returns the name of a curve that no spec has, or a fault for a curve that is spelt out and is
 * not a named one.
 */
export function curveOfParameters(element: Element): NamedCurve | { called: string } | FormFault {
  const id = contentOf(element, derTag.oid)
  if (id !== undefined)
    return curveOfId(id.toHex()) ?? { called: otherCurves[id.toHex()] ?? dotted(id) }
  const numbers = spelledOut(element)
  if (numbers === undefined) return formFault('curve-form')
  const [curve, different] = nearest(numbers)
  if (different.length === 0) return curve
  if (different.length > mostDifferences) return formFault('curve-unknown')
  const differing = [...new Set(different.map((name) => symbols[name]))].join(', ')
  return formFault('curve-differs', { curve: curve.name, symbols: differing })
}

/** The named curve that differs in the fewest numbers, and those numbers. */
function nearest(numbers: CurveNumbers): readonly [NamedCurve, readonly (keyof CurveNumbers)[]] {
  const names = Object.keys(symbols) as (keyof CurveNumbers)[]
  const all = Object.values(namedCurves).map(
    (curve) => [curve, names.filter((name) => curve.numbers[name] !== numbers[name])] as const,
  )
  return all.reduce((best, one) => (one[1].length < best[1].length ? one : best))
}

/**
 * Undefined for anything but a curve over a prime field. The cofactor may be absent, and a seed of
 * the coefficients is ignored.
 */
function spelledOut(element: Element): CurveNumbers | undefined {
  const [version, field, curve, base, order, cofactor] = parts(element, mostElements) ?? []
  const [fieldId, prime] = parts(field, 2) ?? []
  const [a, b] = (parts(curve, 3) ?? []).map((one) => contentOf(one, derTag.octets))
  const [p, n] = [numberOf(prime), numberOf(order)]
  const h = cofactor === undefined ? 1n : numberOf(cofactor)
  const point = contentOf(base, derTag.octets)
  if (contentOf(fieldId, derTag.oid)?.toHex() !== primeFieldId || numberOf(version) === undefined)
    return undefined
  if (
    a === undefined ||
    b === undefined ||
    p === undefined ||
    n === undefined ||
    h === undefined ||
    point === undefined
  )
    return undefined
  return { p, a: unsigned(a), b: unsigned(b), ...generatorOf(point, p), n, h }
}

/**
 * For a compressed generator the second coordinate is derived: it is that of a named curve if the
 * parity is right.
 */
function generatorOf(point: Uint8Array, p: bigint): { Gx: bigint; Gy: bigint } {
  const half = (point.length - 1) / 2
  if (point[0] === 4)
    return { Gx: unsigned(point.subarray(1, 1 + half)), Gy: unsigned(point.subarray(1 + half)) }
  const Gx = unsigned(point.subarray(1))
  const known = Object.values(namedCurves).find(
    ({ numbers }) => numbers.p === p && numbers.Gx === Gx,
  )?.numbers.Gy
  const isIt = known !== undefined && point[0] === 2 + Number(known & 1n)
  return { Gx, Gy: isIt ? known : 0n }
}
