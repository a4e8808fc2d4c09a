/**
 * The public Wycheproof vectors against our own modules, never against node:crypto itself. Every
 * file of the folder is either run or listed below with the reason why not; an unmapped file fails.
 * Invalid cases are never accepted; valid cases that are refused are explained in `stricter`.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sharedSecret } from '../../src/crypto/asymmetric/key-agreement.ts'
import { importPrivateKey, importPublicKey } from '../../src/crypto/asymmetric/key-objects.ts'
import { decryptOaep } from '../../src/crypto/asymmetric/oaep.ts'
import { vetPrivateKey } from '../../src/crypto/asymmetric/private-keys.ts'
import { isProbablePrime } from '../../src/crypto/asymmetric/rsa-checks.ts'
import { isSignatureOf, signatureOf } from '../../src/crypto/asymmetric/signatures.ts'
import { unwrapOver, unwrapPadded, wrapPadded } from '../../src/crypto/key-wrap.ts'
import { isMacOf, macOf } from '../../src/crypto/macs.ts'
import { Secret } from '../../src/crypto/secret.ts'
import type { MacAlgorithmName, SigningAlgorithmName } from '../../src/domain/algorithms.ts'
import { type AsymmetricSpecName, asymmetricSpec } from '../../src/domain/keys/key-specs.ts'
import { bits, explicit, integer, octets, sequence } from '../crypto/der.ts'
import { digestOf } from '../crypto/digest.ts'

// biome-ignore lint/suspicious/noExplicitAny: each kind of test file has its own structure.
type Any = any
type Verdict = boolean | 'not ours'
type Case = {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: string
} & Any
type Runner = {
  /** The module under test. */
  readonly module: string
  /** Whether our module accepts it; `not ours` for a case that no call of ours could receive. */
  readonly accepts: (one: Case, group: Any) => Verdict
  /** Why valid cases may be refused, if they may. */
  readonly stricter?: string
  /** Cases that are invalid for the key of their file but valid for ours. */
  readonly ours?: readonly number[]
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const digestNames: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

/** Messages and precomputed digests take different code paths; both must give the same verdict. */
function verifies(algorithm: (sha: string) => string): Runner['accepts'] {
  return (one, group) => {
    const digestName = digestNames[group.sha]
    if (digestName === undefined) return 'not ours'
    const name = algorithm(group.sha) as SigningAlgorithmName
    const key = importPublicKey(hex(group.publicKeyDer))
    const [message, signature] = [hex(one.msg), hex(one.sig)]
    const raw = isSignatureOf(key, name, { kind: 'message', bytes: message }, signature)
    const digested = isSignatureOf(
      key,
      name,
      { kind: 'digest', bytes: digestOf(digestName, message) },
      signature,
    )
    assert.equal(digested, raw, `${one.tcId}: message and digest disagree`)
    return raw
  }
}

const ecdsa: Runner = {
  module: 'signatures',
  accepts: verifies((sha) => `ECDSA_SHA_${sha.slice(4)}`),
}
const pkcs1: Runner = {
  module: 'signatures',
  accepts: verifies((sha) => `RSASSA_PKCS1_V1_5_SHA_${sha.slice(4)}`),
}
const pss: Runner = {
  module: 'signatures',
  accepts: verifies((sha) => `RSASSA_PSS_SHA_${sha.slice(4)}`),
}

const eddsa: Runner = {
  module: 'signatures',
  accepts: (one, group) =>
    isSignatureOf(
      importPublicKey(hex(group.publicKeyDer)),
      'ED25519_SHA_512',
      { kind: 'message', bytes: hex(one.msg) },
      hex(one.sig),
    ),
}

/** Our signatures have no context; public keys of another length are invalid. */
const mlDsa: Runner = {
  module: 'signatures',
  accepts(one, group) {
    if (one.ctx) return 'not ours'
    const bytes = hex(group.publicKey)
    if (bytes.length !== 1952) {
      assert.throws(() => importPublicKey(mlDsaSpki(bytes)))
      return false
    }
    const key = importPublicKey(mlDsaSpki(bytes))
    return isSignatureOf(
      key,
      'ML_DSA_SHAKE_256',
      { kind: 'message', bytes: hex(one.msg) },
      hex(one.sig),
    )
  },
}
const mlDsaSpki = (key: Buffer): Buffer =>
  sequence(Buffer.from('300b0609608648016503040312', 'hex'), bits(key))

const oaep: Runner = {
  module: 'oaep',
  accepts(one, group) {
    const opened = decryptOaep(
      importPrivateKey(Secret.move(hex(group.privateKeyPkcs8))),
      hex(one.ct),
    )
    if (opened !== undefined)
      assert.equal(Buffer.from(opened).toString('hex'), one.msg, `${one.tcId}: another plaintext`)
    return opened !== undefined
  },
}
const refusesAll = (runner: Runner, stricter: string): Runner => ({ ...runner, stricter })

const keyWrap: Runner = {
  module: 'key-wrap',
  accepts(one) {
    const [key, message, wrapped] = [hex(one.key), hex(one.msg), hex(one.ct)]
    const opened = unwrapPadded('aes', key, wrapped)
    // Our own implementation, for SM4, agrees with OpenSSL on every applicable case.
    if (wrapped.length >= 16 && wrapped.length % 8 === 0 && key.length !== 24)
      assert.deepEqual(
        unwrapOver(`aes-${key.length * 8}-ecb`, key, wrapped),
        opened,
        `${one.tcId}: our own unwrap`,
      )
    if (opened === undefined) return false
    assert.equal(Buffer.from(opened).toString('hex'), one.msg, `${one.tcId}: another plaintext`)
    assert.equal(wrapPadded(key, message).toHex(), one.ct, `${one.tcId}: another wrap`)
    return true
  },
  stricter: 'temporary keys have 16 or 32 bytes, never 24',
}

/**
 * A truncated MAC is refused, even where its group expects one; the remaining bytes must still be
 * right.
 */
function hmac(name: MacAlgorithmName): Runner {
  return {
    module: 'macs',
    accepts(one) {
      const [key, message, mac] = [hex(one.key), hex(one.msg), hex(one.tag)]
      const isOurs = isMacOf(key, name, message, mac)
      const made = Buffer.from(macOf(key, name, message))
      assert.equal(isOurs, made.equals(mac), `${one.tcId}: making and checking disagree`)
      if (one.result === 'valid')
        assert.deepEqual(made.subarray(0, mac.length), mac, `${one.tcId}: another MAC`)
      return isOurs
    },
    stricter: 'MACs are never truncated',
  }
}

const primes: Runner = {
  module: 'rsa-checks',
  accepts: (one) => {
    const bytes = hex(one.value)
    // DER integers: a set top bit makes a negative number, which cannot be a prime.
    if (((bytes[0] ?? 0) & 0x80) !== 0) return false
    return isProbablePrime(BigInt(`0x0${one.value}`))
  },
}

/**
 * Key agreement, with the one form of public keys that we accept. The peer's point is also offered
 * as the public key of an unrelated private key, which an import must always refuse.
 */
function agrees(spec: AsymmetricSpecName, curve: Buffer, size: number): Runner {
  const named = sequence(ecPublicKey, curve)
  // All public keys of a curve have the same form, so it can be read from any of them.
  const anyKey = sequence(named, bits(Buffer.alloc(1 + 2 * size, 4)))
  const pkcs8 = (identifier: Buffer, scalar: Buffer, ...point: Buffer[]): Buffer =>
    sequence(integer(0n), identifier, octets(sequence(integer(1n), octets(scalar), ...point)))
  return {
    module: 'key-agreement',
    accepts(one, group) {
      const offered = hex(one.public)
      const parts =
        group.encoding === 'asn' ? algorithmOf(offered) : { identifier: named, point: offered }
      if (parts !== undefined) {
        const foreign = pkcs8(
          parts.identifier,
          Buffer.alloc(size, 0x11),
          explicit(1, bits(parts.point)),
        )
        assert.throws(() => vetPrivateKey(asymmetricSpec(spec), foreign), {
          code: 'private-key-invalid',
        })
      }
      const scalar = hex(one.private.padStart(size * 2, '0').slice(-size * 2))
      const privateKey = importPrivateKey(Secret.move(pkcs8(named, scalar)))
      const peer = group.encoding === 'asn' ? offered : sequence(named, bits(offered))
      const secret = sharedSecret(privateKey, anyKey, peer)
      if (secret !== undefined)
        assert.equal(Buffer.from(secret).toString('hex'), one.shared, `${one.tcId}: another secret`)
      return secret !== undefined
    },
  }
}

const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex')
const p256 = Buffer.from('06082a8648ce3d030107', 'hex')
const p384 = Buffer.from('06052b81040022', 'hex')

/** AlgorithmIdentifier and point of a SubjectPublicKeyInfo; undefined if it cannot be parsed. */
function algorithmOf(spki: Buffer): { identifier: Buffer; point: Buffer } | undefined {
  const outer = element(spki, 0)
  const identifier = outer && element(outer.content, 0)
  const key = identifier && element(outer.content, identifier.end)
  if (
    outer === undefined ||
    identifier === undefined ||
    key === undefined ||
    key.content.length === 0
  )
    return undefined
  return { identifier: outer.content.subarray(0, identifier.end), point: key.content.subarray(1) }
}

function element(bytes: Buffer, at: number): { content: Buffer; end: number } | undefined {
  const first = bytes[at + 1]
  if (first === undefined) return undefined
  const extra = first < 0x80 ? 0 : first & 0x7f
  if (extra > 3 || at + 2 + extra > bytes.length) return undefined
  const length = extra === 0 ? first : bytes.readUIntBE(at + 2, extra)
  const start = at + 2 + extra
  return start + length > bytes.length
    ? undefined
    : { content: bytes.subarray(start, start + length), end: start + length }
}

const generation: Runner = {
  module: 'signatures',
  accepts(one, group) {
    const digestName = digestNames[group.sha]
    if (digestName === undefined || group.keySize !== 2048) return 'not ours'
    const privateKey = importPrivateKey(Secret.move(hex(group.privateKeyPkcs8)))
    const publicKey = publicKeyOf(group.keyAsn)
    const name = `RSASSA_PKCS1_V1_5_SHA_${group.sha.slice(4)}` as SigningAlgorithmName
    const message = hex(one.msg)
    const raw = signatureOf(privateKey, publicKey, name, { kind: 'message', bytes: message })
    const digested = signatureOf(privateKey, publicKey, name, {
      kind: 'digest',
      bytes: digestOf(digestName, message),
    })
    assert.deepEqual(Buffer.from(digested), Buffer.from(raw))
    return Buffer.from(raw).toString('hex') === one.sig
  },
}

/** SubjectPublicKeyInfo around an RSAPublicKey. */
function publicKeyOf(rsaPublicKey: string) {
  const rsa = Buffer.from('300d06092a864886f70d0101010500', 'hex')
  return importPublicKey(sequence(rsa, bits(hex(rsaPublicKey))))
}

const noSpec = 'no key spec uses it: brainpool and ML-KEM are not supported'
const inside = 'only the envelope uses it, internally; no module of ours can run a bare vector'

const files: Readonly<Record<string, Runner | string>> = {
  aes_gcm: inside,
  aes_kwp: keyWrap,
  aes_wrap: 'key wrap without padding is not offered',
  ec_prime_order_curves: noSpec,
  ecdh_secp256r1_ecpoint: agrees('EC_P256', p256, 32),
  ecdh_secp256r1: agrees('EC_P256', p256, 32),
  ecdh_secp384r1: agrees('EC_P384', p384, 48),
  ecdsa_secp256k1_sha256_p1363: refusesAll(ecdsa, 'signatures are DER'),
  ecdsa_secp256k1_sha256: ecdsa,
  ecdsa_secp256r1_sha256_p1363: refusesAll(ecdsa, 'signatures are DER'),
  ecdsa_secp256r1_sha256: ecdsa,
  ecdsa_secp384r1_sha384_p1363: refusesAll(ecdsa, 'signatures are DER'),
  ecdsa_secp384r1_sha384: ecdsa,
  ecdsa_secp521r1_sha512_p1363: refusesAll(ecdsa, 'signatures are DER'),
  ecdsa_secp521r1_sha512: ecdsa,
  ed25519: eddsa,
  hkdf_sha256: 'HKDF is not used: keys are derived by SP 800-108',
  hkdf_sha384: 'HKDF is not used: keys are derived by SP 800-108',
  hkdf_sha512: 'HKDF is not used: keys are derived by SP 800-108',
  hmac_sha256: hmac('HMAC_SHA_256'),
  hmac_sha384: hmac('HMAC_SHA_384'),
  hmac_sha512: hmac('HMAC_SHA_512'),
  hmac_sm3: hmac('HMAC_SM3'),
  mldsa_65_verify: mlDsa,
  mlkem_768_semi_expanded_decaps: noSpec,
  mlkem_768: noSpec,
  primality: primes,
  rsa_oaep_2048_sha1_mgf1sha1: refusesAll(oaep, 'SHA-256 for hash and mask, nothing else'),
  rsa_oaep_2048_sha256_mgf1sha1: refusesAll(oaep, 'SHA-256 for hash and mask, nothing else'),
  rsa_oaep_2048_sha256_mgf1sha256: refusesAll(oaep, 'no labels'),
  rsa_oaep_3072_sha256_mgf1sha256: refusesAll(oaep, 'no labels'),
  rsa_oaep_4096_sha256_mgf1sha256: refusesAll(oaep, 'no labels'),
  rsa_pkcs1_2048_sig_gen: generation,
  rsa_pkcs1_2048: refusesAll(oaep, 'RSAES-PKCS1-v1_5 is not offered'),
  // Its key expects no salt. Case 69 has one as long as the digest, which all our keys expect.
  rsa_pss_2048_sha256_mgf1_0: { ...pss, stricter: 'a salt is as long as the digest', ours: [69] },
  rsa_pss_2048_sha256_mgf1_32: pss,
  rsa_pss_2048_sha384_mgf1_48: pss,
  rsa_pss_3072_sha256_mgf1_32: pss,
  rsa_pss_4096_sha512_mgf1_64: pss,
  rsa_signature_2048_sha256: pkcs1,
  rsa_signature_3072_sha384: pkcs1,
  rsa_signature_4096_sha512: pkcs1,
  sm4_gcm: inside,
}

/**
 * Valid cases that a runner with `stricter` must still accept: a file refused as a whole would
 * prove nothing.
 */
const mustAcceptSome = [
  'aes_kwp',
  'hmac_sha256',
  'hmac_sha384',
  'hmac_sha512',
  'hmac_sm3',
  'rsa_oaep_2048_sha256_mgf1sha256',
  'rsa_oaep_3072_sha256_mgf1sha256',
  'rsa_oaep_4096_sha256_mgf1sha256',
]

const folder =
  process.env.HOLDFAST_TEST_VECTORS && join(process.env.HOLDFAST_TEST_VECTORS, 'wycheproof')
const skip =
  folder && existsSync(folder)
    ? false
    : 'HOLDFAST_TEST_VECTORS is not set: the Wycheproof vectors were skipped'

test('every file of the vectors is mapped', { skip }, () => {
  const names = readdirSync(folder as string).map((file) => file.replace(/_test\.json$/, ''))
  assert.deepEqual(names.toSorted(), Object.keys(files).toSorted())
})

test('these tests use primitives only through our modules', () => {
  assert.doesNotMatch(
    readFileSync(import.meta.filename, 'utf8'),
    new RegExp(`from '${'node'}:crypto'`),
  )
})

for (const [name, runner] of Object.entries(files)) {
  if (typeof runner === 'string') continue
  test(`${name}: ${runner.module}`, { skip }, (t) => {
    const { testGroups, numberOfTests } = JSON.parse(
      readFileSync(join(folder as string, `${name}_test.json`), 'utf8'),
    )
    const counts = { run: 0, accepted: 0, refused: 0, stricter: 0, 'not ours': 0 }
    for (const group of testGroups) {
      for (const one of group.tests as Case[]) {
        const verdict = runner.accepts(one, group)
        counts.run++
        const what = `${one.tcId} ${one.comment} (${one.flags})`
        if (verdict === 'not ours') counts['not ours']++
        else if (verdict) counts.accepted++
        else counts.refused++
        if (verdict === true && !runner.ours?.includes(one.tcId))
          assert.notEqual(one.result, 'invalid', `wrongly accepted: ${what}`)
        if (verdict === false && one.result === 'valid') {
          assert.ok(runner.stricter, `wrongly refused: ${what}`)
          counts.stricter++
        }
      }
    }
    assert.equal(counts.run, numberOfTests)
    if (runner.stricter === undefined || mustAcceptSome.includes(name))
      assert.ok(counts.accepted > 0)
    const { stricter, 'not ours': others } = counts
    t.diagnostic(
      `${counts.run} cases: ${counts.accepted} accepted, ${counts.refused} refused` +
        `${stricter > 0 ? `, of them ${stricter} valid ones: ${runner.stricter}` : ''}${others > 0 ? `, ${others} not ours` : ''}`,
    )
  })
}
