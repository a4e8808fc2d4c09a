/**
 * The curve of SM2: GB/T 32918.5, where OpenSSL's arithmetic cannot be reached through node:crypto.
 */
import { weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { sm2Curve } from '../../domain/material/sm2.ts'

/** Length of a coordinate and of a private number. */
export const sm2Bytes = 32

/** Points of the curve, out of bytes that are checked to be on it. */
export const Sm2Point = weierstrass<bigint>(sm2Curve)
