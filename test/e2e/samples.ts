/** Fields of an operation, made from its schema. */

export type Schema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly pattern?: string
  readonly minimum?: number
  readonly minLength?: number
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** Paths to all texts of a schema that are not enumerations. */
export function textsOf(schema: Schema): string[][] {
  if (schema.type === 'string') return schema.enum === undefined ? [[]] : []
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    textsOf(inner).map((rest) => [name, ...rest]),
  )
  const items =
    schema.items === undefined ? [] : textsOf(schema.items).map((rest) => ['0', ...rest])
  const either = (schema.anyOf ?? []).flatMap(textsOf)
  return [...own, ...items, ...either.slice(0, 1)]
}

/**
 * The smallest value that fits a schema, except for a text with U+0000 where `leaf` leads;
 * undefined leads nowhere.
 */
export function filled(
  schema: Schema,
  keyId: string,
  leaf: readonly string[] | undefined,
): unknown {
  if (leaf?.length === 0) return 'a\0b'
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) {
    const holds = schema.anyOf.find(
      (one) => leaf !== undefined && textsOf(one).some((way) => way.join() === leaf.join()),
    )
    return filled(
      holds ?? (schema.anyOf[0] as Schema),
      keyId,
      holds === undefined ? undefined : leaf,
    )
  }
  if (schema.type === 'array')
    return schema.items === undefined ? [] : [filled(schema.items, keyId, leaf?.slice(1))]
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return false
  if (schema.type === 'string')
    return schema.pattern === undefined ? 'x'.repeat(schema.minLength ?? 1) : keyId
  const entries = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const further = leaf?.[0] === name ? leaf.slice(1) : undefined
    const isNeeded = further !== undefined || schema.required?.includes(name) === true
    return isNeeded
      ? [[name, name === 'key_id' && further === undefined ? keyId : filled(inner, keyId, further)]]
      : []
  })
  return Object.fromEntries(entries)
}
