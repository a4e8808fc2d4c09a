/** The curve of SM2, GB/T 32918.5, for arithmetic that node:crypto does not expose. */
import { weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { sm2Curve } from '../../domain/material/sm2.ts'

/** Length of a coordinate and of a private scalar. */
export const sm2Bytes = 32

/** Points of the curve, from bytes that are checked to be on it. */
export const Sm2Point = weierstrass<bigint>(sm2Curve)
