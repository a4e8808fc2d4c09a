/** The fields of a request, and whether they are valid for its operation. */
import type { TObject, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { KmsError } from '../domain/errors.ts'
import type { SignedRequest } from '../wire/signing/sdk-hmac.ts'
import { type JsonObject, parseJsonObject } from '../wire/strict-json.ts'
import { formQuery } from '../wire/target.ts'
import type { Dialect } from './dialect.ts'
import type { AnyOperation } from './operation.ts'

/**
 * The fields of a JSON body or, without one, of the query. Some clients send null for what they
 * leave out.
 * @param takesForms whether a plus sign in an unsigned query means a space, as browsers and most
 * clients send it.
 * @throws WireError bad-json.
 */
export function statedFields(
  { body, target, headers }: SignedRequest,
  takesForms: boolean,
): JsonObject {
  if (body.length === 0) {
    if (target.query.length === 0) return {}
    const isForm = takesForms && headers.get('authorization') === undefined
    return Object.fromEntries(isForm ? formQuery(target) : target.query)
  }
  const fields = parseJsonObject(body)
  for (const name in fields) if (fields[name] === null) delete fields[name]
  return fields
}

/**
 * A field in the path is a field like any other.
 * @throws KmsError parameter-invalid if the body states another value for it.
 */
export function withNamed(fields: JsonObject, named: Readonly<Record<string, string>>): JsonObject {
  for (const [name, value] of Object.entries(named)) {
    if (fields[name] !== undefined && fields[name] !== value)
      throw new KmsError('parameter-invalid', `the field ${name} differs from the path`)
    fields[name] = value
  }
  return fields
}

const validators = new Map<AnyOperation, Validator<Record<never, never>, TSchema>>()

/** @throws KmsError parameter-missing, or the refusal for the invalid field. */
export function checkFields(
  operation: AnyOperation,
  fields: JsonObject,
  refusals: Dialect['fieldRefusals'],
): void {
  let validator = validators.get(operation)
  if (validator === undefined) {
    validator = Compile(operation.fields as TSchema)
    validators.set(operation, validator)
  }
  if (!validator.Check(fields)) throw fieldRefusal(operation.fields, fields, validator, refusals)
}

function fieldRefusal(
  schema: TObject,
  fields: JsonObject,
  validator: Validator<Record<never, never>, TSchema>,
  refusals: Dialect['fieldRefusals'],
): KmsError {
  const missing = (schema.required ?? []).find((name: string) => fields[name] === undefined)
  if (missing !== undefined)
    return new KmsError('parameter-missing', `the field ${missing} is missing`)
  const path = validator.Errors(fields)[0]?.instancePath ?? ''
  const name = path.split('/')[1] ?? ''
  const code = Object.hasOwn(refusals, name) ? refusals[name] : undefined
  return new KmsError(
    code ?? 'parameter-invalid',
    `the field ${name} is invalid for this operation`,
  )
}
