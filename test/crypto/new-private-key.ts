/** A private key of each spec of key pairs, made by OpenSSL. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'

export const newPrivateKey: Readonly<Record<AsymmetricSpecName, () => KeyObject>> = {
  RSA_2048: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  RSA_3072: () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
  RSA_4096: () => generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey,
  EC_P256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EC_P384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  EC_P521: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  SECP256K1: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  SM2: () => generateKeyPairSync('ec', { namedCurve: 'SM2' }).privateKey,
  ED25519: () => generateKeyPairSync('ed25519').privateKey,
  ML_DSA_44: () => generateKeyPairSync('ml-dsa-44').privateKey,
  ML_DSA_65: () => generateKeyPairSync('ml-dsa-65').privateKey,
  ML_DSA_87: () => generateKeyPairSync('ml-dsa-87').privateKey,
}
