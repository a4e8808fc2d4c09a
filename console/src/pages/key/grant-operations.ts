/** What can be granted on which kind of key. A grant may name other operations too; they would never let anything through. */
import { type GrantOperation, grantOperations } from '../../../../src/domain/grants.ts'
import type { Key } from '../../api/admin.ts'
import { isPair } from './kinds.ts'

type Fits = (key: Pick<Key, 'spec' | 'usage'>) => boolean

const encrypts: Fits = ({ usage }) => usage === 'ENCRYPT_DECRYPT'
const makesDataKeys: Fits = (key) => encrypts(key) && !isPair(key.spec)
const signs: Fits = ({ usage }) => usage === 'SIGN_VERIFY'
const makesMacs: Fits = ({ usage }) => usage === 'GENERATE_VERIFY_MAC'
const always: Fits = () => true

const fits: Readonly<Record<GrantOperation, Fits>> = {
  'create-datakey': makesDataKeys,
  'create-datakey-without-plaintext': makesDataKeys,
  'encrypt-datakey': makesDataKeys,
  'decrypt-datakey': makesDataKeys,
  'describe-key': always,
  'create-grant': always,
  'retire-grant': always,
  'encrypt-data': encrypts,
  'decrypt-data': encrypts,
  sign: signs,
  verify: signs,
  'get-publickey': ({ spec }) => isPair(spec),
  'generate-mac': makesMacs,
  'verify-mac': makesMacs,
}

export function operationsOf(key: Pick<Key, 'spec' | 'usage'>): readonly GrantOperation[] {
  return grantOperations.filter((one) => fits[one](key))
}
