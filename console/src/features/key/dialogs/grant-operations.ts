/**
 * What can be granted on which kind of key. A grant may name other operations too; they would never
 * let anything through.
 */
import { type GrantOperation, grantOperations } from '../../../../../src/domain/access/grants.ts'
import type { Key } from '../../../api/admin.ts'
import { isPair } from '../kinds.ts'

type Fits = (key: Pick<Key, 'spec' | 'usage'>) => boolean

const encrypts: Fits = ({ usage }) => usage === 'ENCRYPT_DECRYPT'
const makesDataKeys: Fits = (key) => encrypts(key) && !isPair(key.spec)
const signs: Fits = ({ usage }) => usage === 'SIGN_VERIFY'
const makesMacs: Fits = ({ usage }) => usage === 'GENERATE_VERIFY_MAC'
const always: Fits = () => true

const fits: Readonly<Record<GrantOperation, Fits>> = {
  'create-data-key': makesDataKeys,
  'create-data-key-without-plaintext': makesDataKeys,
  'encrypt-data-key': makesDataKeys,
  'decrypt-data-key': makesDataKeys,
  'describe-key': always,
  'create-grant': always,
  'retire-grant': always,
  encrypt: encrypts,
  decrypt: encrypts,
  sign: signs,
  verify: signs,
  'get-public-key': ({ spec }) => isPair(spec),
  'generate-mac': makesMacs,
  'verify-mac': makesMacs,
}

export function operationsOf(key: Pick<Key, 'spec' | 'usage'>): readonly GrantOperation[] {
  return grantOperations.filter((one) => fits[one](key))
}
