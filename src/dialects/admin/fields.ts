/** Fields that several operations share, with their descriptions in the OpenAPI document. */
import Type, { type TSchema } from 'typebox'
import { KmsError } from '../../domain/errors.ts'

export const keyId = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'ID of a key',
})

export const nothing = Type.Object({})

export function text(maxLength: number, description: string) {
  return Type.String({ minLength: 1, maxLength, description })
}

export function flag(description: string) {
  return Type.Boolean({ description })
}

export function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** Milliseconds since 1970. */
export const instant = Type.Integer({ description: 'milliseconds since 1970' })

/** A number as a query carries it, where everything is text. */
export const countText = Type.String({ pattern: '^[0-9]{1,9}$' })
export const instantText = Type.String({
  pattern: '^[0-9]{1,16}$',
  description: 'milliseconds since 1970',
})

/** How many entries a page has at most. @throws KmsError limit-invalid. */
export function readLimit(
  limit: string | undefined,
  { most, usual }: { readonly most: number; readonly usual: number },
): number {
  const size = Number(limit ?? usual)
  if (size < 1 || size > most)
    throw new KmsError('limit-invalid', `limit must be between 1 and ${most}`)
  return size
}

/** Several values of a closed set, separated by commas. */
export const listText = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'values separated by commas',
})
