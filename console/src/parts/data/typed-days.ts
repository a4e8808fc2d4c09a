/** Days as a person types them: one rule for every field that asks for some. */

type Range = { readonly min: number; readonly max: number }

/** @returns undefined for what is not a whole number in decimal digits, or not within the range. */
export function typedDays(typed: string, { min, max }: Range): number | undefined {
  const days = Number(typed)
  return /^\d+$/.test(typed) && days >= min && days <= max ? days : undefined
}
