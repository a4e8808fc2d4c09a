/** What is filled in for a new grant, and what the domain has against it. */
import {
  checkTerms,
  type GranteeType,
  type GrantOperation,
  type GrantTerms,
} from '../../../../../src/domain/access/grants.ts'
import { KmsError } from '../../../../../src/domain/errors.ts'
import { Objection } from '../../../api/refusal.ts'

/** The fields of the dialog. */
export type GrantForm = {
  readonly type: GranteeType
  readonly grantee: string
  readonly operations: readonly GrantOperation[]
  /** Empty where nobody may retire it. */
  readonly retiring: string
  /** Empty for none. */
  readonly name: string
}

export type GrantField = 'name' | 'grantee' | 'operations' | 'retiring'
export type WrongField = { readonly field: GrantField; readonly objection: Objection }

/** What the dialog begins with. */
export const emptyGrant: GrantForm = {
  type: 'user',
  grantee: '',
  operations: [],
  retiring: '',
  name: '',
}

type Terms = GrantTerms & Pick<GrantForm, 'operations'>

/** The terms as the domain has them. */
export function termsOf({ type, grantee, operations, retiring, name }: GrantForm): Terms {
  return {
    grantee,
    granteeType: type,
    operations,
    name: name === '' ? null : name,
    retiring: retiring === '' ? null : retiring,
  }
}

/** What the domain has against the terms, and which field it is about. */
export function wrongOf(terms: GrantTerms): WrongField | undefined {
  const objectionTo = (some: GrantTerms): Objection | undefined => {
    try {
      checkTerms(some)
    } catch (error) {
      if (error instanceof KmsError) return new Objection(`errors.${error.code}`)
      throw error
    }
    return undefined
  }
  const plain = { ...terms, name: null, retiring: null }
  const objection = objectionTo(plain)
  if (objection?.key === 'errors.grantee-invalid') return { field: 'grantee', objection }
  if (objection !== undefined) return { field: 'operations', objection }
  const ofRetiring = objectionTo({ ...plain, retiring: terms.retiring })
  if (ofRetiring !== undefined) return { field: 'retiring', objection: ofRetiring }
  return objectionTo(terms) && { field: 'name', objection: new Objection('grants.nameForm') }
}
