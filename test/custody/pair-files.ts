/**
 * Files offered to an asymmetric key: private keys as owners' programs write them, and files
 * mistaken for one.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'
import { newPrivateKey } from '../crypto/new-private-key.ts'
import { pemFiles } from './pem-files.ts'
import { backupOf, by, passphrase, type Row } from './row.ts'

const pemOf = (spec: AsymmetricSpecName): string =>
  newPrivateKey[spec]().export({ format: 'pem', type: 'pkcs8' }).toString()
const derOf = (pem: string, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): Buffer =>
  createPrivateKey(pem).export({ format: 'der', type })
const ec = pemOf('EC_P256')
const rsa = pemOf('RSA_2048')
const ed = pemOf('ED25519')
const jwk = (pem: string): Readonly<Record<string, unknown>> => ({
  ...createPrivateKey(pem).export({ format: 'jwk' }),
})
const text = (value: unknown): string => JSON.stringify(value)
const pass = ['-passout', `pass:${passphrase}`] as const
const certificateOf = (pem: string): string =>
  by('openssl', pem, 'req', '-x509', '-key', 'IN', '-subj', '/CN=x', '-days', '1').toString()

const travelled: readonly Row[] = (
  ['EC_P256', 'EC_P521', 'SECP256K1', 'ED25519', 'RSA_2048'] as const
).flatMap((spec) => pemFiles(spec, pemOf(spec)))

const encodings: readonly Row[] = [
  ['DER', 'RSA_2048', derOf(rsa), 'read'],
  ['PKCS#1', 'RSA_2048', derOf(rsa, 'pkcs1'), 'read'],
  ['SEC 1', 'EC_P256', derOf(ec, 'sec1'), 'read'],
  ['DER in base64', 'EC_P256', derOf(ec).toString('base64'), 'read'],
  [
    'DER in base64, in lines',
    'RSA_2048',
    derOf(rsa).toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    'read',
  ],
  ['DER in base64url', 'ED25519', derOf(ed).toString('base64url'), 'read'],
  [
    'DER in hexadecimal with colons',
    'ED25519',
    (derOf(ed).toString('hex').match(/../g) ?? []).join(':'),
    'read',
  ],
  [
    'PEM in base64, as Kubernetes has secrets',
    'RSA_2048',
    Buffer.from(rsa).toString('base64'),
    'read',
  ],
  [
    'PEM in JSON, as a service account has it',
    'RSA_2048',
    text({ type: 'service_account', private_key: rsa }),
    'read',
  ],
  ['PEM without its first line', 'EC_P256', ec.slice(ec.indexOf('\n') + 1), 'pem-cut'],
  ['PEM without its last break', 'EC_P256', ec.trimEnd(), 'read'],
  ['PEM on one line', 'EC_P256', ec.replaceAll('\n', ' '), 'read'],
  [
    'PKCS#8 under the label of PKCS#1',
    'RSA_2048',
    rsa.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY'),
    'read',
  ],
  [
    'PEM that holds no base64',
    'EC_P256',
    '-----BEGIN PRIVATE KEY-----\n*****\n-----END PRIVATE KEY-----\n',
    'pem-damaged',
  ],
  ['PEM with a line left out', 'RSA_2048', rsa.replace(/\n.{64}\n/, '\n'), 'pem-damaged'],
  ['two keys of different kinds', 'RSA_2048', rsa + ec, 'several'],
  ['a key after its certificate', 'RSA_2048', () => certificateOf(rsa) + rsa, 'read', ['openssl']],
  [
    'a key before a chain',
    'RSA_2048',
    () => rsa + certificateOf(rsa) + certificateOf(ec),
    'read',
    ['openssl'],
  ],
  [
    'what openssl prints of a key',
    'RSA_2048',
    () => by('openssl', rsa, 'pkey', '-text', '-in', 'IN'),
    'read',
    ['openssl'],
  ],
  [
    'a key after the parameters of its curve',
    'EC_P384',
    () => by('openssl', '', 'ecparam', '-name', 'secp384r1', '-genkey'),
    'read',
    ['openssl'],
  ],
  ['a dump of DER', 'ED25519', () => by('xxd', derOf(ed), 'IN'), 'read', ['xxd']],
]

const jwks: readonly Row[] = [
  ['JWK of ML-DSA', 'ML_DSA_44', text(jwk(pemOf('ML_DSA_44'))), 'read'],
  ['JWK of ML-DSA for another size', 'ML_DSA_65', text(jwk(pemOf('ML_DSA_44'))), 'other-spec'],
  [
    'JWK of ML-DSA without its seed',
    'ML_DSA_87',
    text({ ...jwk(pemOf('ML_DSA_87')), priv: undefined }),
    'public-key',
  ],
  [
    'JWK of ML-DSA with the public key of another',
    'ML_DSA_44',
    text({ ...jwk(pemOf('ML_DSA_44')), pub: jwk(pemOf('ML_DSA_44')).pub }),
    'jwk-damaged',
  ],
  ['JWK set of one', 'EC_P256', text({ keys: [jwk(ec)] }), 'read'],
  [
    'JWK set of a private key and public ones',
    'EC_P256',
    text({ keys: [{ ...jwk(ec), d: undefined }, jwk(ec)] }),
    'read',
  ],
  ['JWK set of two private keys', 'EC_P256', text({ keys: [jwk(ec), jwk(rsa)] }), 'several'],
  [
    'JWK set of public keys',
    'EC_P256',
    text({ keys: [{ ...jwk(ec), d: undefined }] }),
    'public-key',
  ],
  [
    'JWK of RSA without its primes',
    'RSA_2048',
    text({ ...jwk(rsa), p: undefined, q: undefined }),
    'jwk-incomplete',
  ],
  ['JWK of RSA with more primes', 'RSA_2048', text({ ...jwk(rsa), oth: [] }), 'jwk-primes'],
  [
    'JWK of EC with the point of another',
    'EC_P256',
    text({ ...jwk(ec), x: jwk(pemOf('EC_P256')).x }),
    'key-other-public-key',
  ],
  ['JWK of EC that says d twice', 'EC_P256', text(jwk(ec)).replace('{', '{"d":"AA",'), 'jwk-twice'],
  ['JWK of EC without its point', 'EC_P256', text({ ...jwk(ec), x: undefined }), 'jwk-damaged'],
  ['JWK of EC whose number is short', 'EC_P256', text({ ...jwk(ec), d: 'AQ' }), 'jwk-damaged'],
  [
    'JWK of X25519',
    'EC_P256',
    text(generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })),
    'other-spec',
  ],
  ['JWK of Ed25519 for P-256', 'EC_P256', text(jwk(ed)), 'other-spec'],
  ['a symmetric JWK', 'EC_P256', text({ kty: 'oct', k: 'AAAA' }), 'other-kind-secret'],
]

/** Schemes with OpenSSL's names. */
const aes = ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'] as const
const hashes = [
  'hmacWithSHA1',
  'hmacWithSHA224',
  'hmacWithSHA256',
  'hmacWithSHA384',
  'hmacWithSHA512',
] as const
const otherCiphers = [
  'des3',
  'aria-128-cbc',
  'aria-256-cbc',
  'camellia-128-cbc',
  'camellia-256-cbc',
] as const
const withDefault = ['PBE-SHA1-3DES', 'PBE-SHA1-2DES'] as const
const withLegacy = [
  'PBE-MD5-DES',
  'PBE-SHA1-DES',
  'PBE-SHA1-RC2-40',
  'PBE-SHA1-RC2-64',
  'PBE-SHA1-RC2-128',
  'PBE-SHA1-RC4-128',
] as const
const legacy = ['-provider', 'legacy', '-provider', 'default'] as const
const topk8 =
  (...args: readonly string[]): (() => Buffer) =>
  () =>
    by('openssl', rsa, 'pkcs8', '-topk8', '-in', 'IN', ...pass, ...args)
const openssl = ['openssl'] as const

const encrypted: readonly Row[] = [
  ...aes.map(
    (name): Row => [`PKCS#8 under ${name}`, 'RSA_2048', topk8('-v2', name), 'read', openssl],
  ),
  ...hashes.map(
    (name): Row => [
      `PKCS#8 under PBKDF2 with ${name}`,
      'RSA_2048',
      topk8('-v2prf', name),
      'read',
      openssl,
    ],
  ),
  ['PKCS#8 under scrypt', 'RSA_2048', topk8('-scrypt'), 'read', openssl],
  ['PKCS#8 in DER, encrypted', 'RSA_2048', topk8('-outform', 'DER'), 'read', openssl],
  [
    'PKCS#8 in DER, encrypted, padded with zeros',
    'RSA_2048',
    () => Buffer.concat([topk8('-outform', 'DER')(), Buffer.alloc(5)]),
    'read',
    openssl,
  ],
  [
    'PKCS#8 under another passphrase',
    'RSA_2048',
    () => by('openssl', rsa, 'pkcs8', '-topk8', '-in', 'IN', '-passout', 'pass:another'),
    'passphrase-wrong',
    openssl,
  ],
  ...otherCiphers.map(
    (name): Row => [`PKCS#8 under ${name}`, 'RSA_2048', topk8('-v2', name), 'cipher', openssl],
  ),
  ...withDefault.map(
    (name): Row => [`PKCS#8 under ${name}`, 'RSA_2048', topk8('-v1', name), 'cipher', openssl],
  ),
  ...withLegacy.map(
    (name): Row => [
      `PKCS#8 under ${name}`,
      'RSA_2048',
      topk8('-v1', name, ...legacy),
      'cipher',
      openssl,
    ],
  ),
  [
    'PKCS#8 in DER under des3',
    'RSA_2048',
    topk8('-v2', 'des3', '-outform', 'DER'),
    'cipher',
    openssl,
  ],
  [
    'PKCS#8 in DER under des3, in base64',
    'RSA_2048',
    () => topk8('-v2', 'des3', '-outform', 'DER')().toString('base64'),
    'cipher',
    openssl,
  ],
  [
    'PKCS#8 in DER under des3, in hexadecimal',
    'RSA_2048',
    () => topk8('-v2', 'des3', '-outform', 'DER')().toString('hex'),
    'cipher',
    ['openssl', 'xxd'],
  ],
  [
    'PKCS#8 in PEM under des3, in base64',
    'RSA_2048',
    () => topk8('-v2', 'des3')().toString('base64'),
    'cipher',
    openssl,
  ],
  [
    'PKCS#8 in DER under PBE-SHA1-RC2-40',
    'RSA_2048',
    topk8('-v1', 'PBE-SHA1-RC2-40', '-outform', 'DER', ...legacy),
    'cipher',
    openssl,
  ],
  ...['aes128', 'aes256', 'des3', 'camellia256'].map(
    (name): Row => [
      `PEM of old under ${name}`,
      'RSA_2048',
      () => by('openssl', rsa, 'rsa', '-traditional', '-in', 'IN', `-${name}`, ...pass),
      'cipher',
      openssl,
    ],
  ),
  [
    'PEM of old under des',
    'RSA_2048',
    () => by('openssl', rsa, 'rsa', '-traditional', '-in', 'IN', '-des', ...legacy, ...pass),
    'cipher',
    openssl,
  ],
  [
    'SEC 1 under aes128',
    'EC_P256',
    () => by('openssl', ec, 'ec', '-in', 'IN', '-aes128', ...pass),
    'cipher',
    openssl,
  ],
  ['a backup', 'EC_P256', await backupOf(derOf(ec)), 'read'],
  ['a backup of PEM', 'RSA_2048', await backupOf(rsa), 'read'],
  ['a backup of another kind', 'RSA_2048', await backupOf(ec), 'other-spec'],
  [
    'a backup under another passphrase',
    'EC_P256',
    await backupOf(derOf(ec), 'another'),
    'age-passphrase',
  ],
]

const pfx =
  (...args: readonly string[]): (() => Buffer) =>
  () =>
    by(
      'openssl',
      rsa + certificateOf(rsa),
      'pkcs12',
      '-export',
      '-in',
      'IN',
      '-out',
      'OUT',
      ...pass,
      ...args,
    )
const java =
  (type: string, algorithm: string): Row[2] =>
  () =>
    by(
      'keytool',
      '',
      '-genkeypair',
      ...['-keystore', 'OUT', '-storetype', type, '-storepass', passphrase, '-keypass', passphrase],
      ...[
        '-alias',
        'k',
        '-dname',
        'CN=x',
        ...(algorithm === 'RSA'
          ? ['-keyalg', 'RSA', '-keysize', '2048']
          : ['-keyalg', 'EC', '-groupname', 'secp256r1']),
      ],
    )

const stores: readonly Row[] = [
  ['PKCS#12', 'RSA_2048', pfx(), 'pkcs12', openssl],
  [
    'PKCS#12 in base64',
    'RSA_2048',
    () => Buffer.from(pfx()()).toString('base64'),
    'pkcs12',
    openssl,
  ],
  ['PKCS#12 of old, with RC2', 'RSA_2048', pfx('-legacy'), 'pkcs12', openssl],
  [
    'PKCS#12 with 3DES, as Windows wrote it',
    'RSA_2048',
    pfx('-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'),
    'pkcs12',
    openssl,
  ],
  ['a key store of Java, PKCS#12', 'RSA_2048', java('PKCS12', 'RSA'), 'pkcs12', ['keytool']],
  ['a key store of Java, JKS', 'RSA_2048', java('JKS', 'RSA'), 'jks', ['keytool']],
  ['a key store of Java, JCEKS', 'EC_P256', java('JCEKS', 'EC'), 'jks', ['keytool']],
]

const sshKey =
  (...args: readonly string[]): Row[2] =>
  () =>
    by('ssh-keygen', '', '-q', '-f', 'OUT', ...args)
const ssh = ['ssh-keygen'] as const
const rfc4716 = (...args: readonly string[]): Buffer => by('ssh-keygen', rsa, ...args, '-f', 'IN')

const sshFiles: readonly Row[] = [
  ['OpenSSH, RSA', 'RSA_2048', sshKey('-t', 'rsa', '-b', '2048', '-N', ''), 'openssh', ssh],
  [
    'OpenSSH, RSA, encrypted',
    'RSA_2048',
    sshKey('-t', 'rsa', '-b', '2048', '-N', passphrase),
    'openssh',
    ssh,
  ],
  ['OpenSSH, P-256', 'EC_P256', sshKey('-t', 'ecdsa', '-b', '256', '-N', ''), 'openssh', ssh],
  [
    'OpenSSH, P-384, encrypted',
    'EC_P384',
    sshKey('-t', 'ecdsa', '-b', '384', '-N', passphrase),
    'openssh',
    ssh,
  ],
  ['OpenSSH, P-521', 'EC_P521', sshKey('-t', 'ecdsa', '-b', '521', '-N', ''), 'openssh', ssh],
  [
    'OpenSSH, P-256, in base64 as Kubernetes has secrets',
    'EC_P256',
    () => by('ssh-keygen', '', '-q', '-f', 'OUT', '-t', 'ecdsa', '-N', '').toString('base64'),
    'openssh',
    ssh,
  ],
  ['OpenSSH, Ed25519', 'ED25519', sshKey('-t', 'ed25519', '-N', ''), 'openssh-ed25519', ssh],
  [
    'OpenSSH, Ed25519, encrypted',
    'ED25519',
    sshKey('-t', 'ed25519', '-N', passphrase),
    'openssh-ed25519',
    ssh,
  ],
  [
    'ssh-keygen -m PEM',
    'RSA_2048',
    sshKey('-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', ''),
    'read',
    ssh,
  ],
  [
    'ssh-keygen -m PEM, encrypted',
    'RSA_2048',
    sshKey('-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', passphrase),
    'cipher',
    ssh,
  ],
  [
    'ssh-keygen -m PKCS8',
    'EC_P256',
    sshKey('-t', 'ecdsa', '-b', '256', '-m', 'PKCS8', '-N', ''),
    'read',
    ssh,
  ],
  [
    'ssh-keygen -m PKCS8, encrypted',
    'EC_P256',
    sshKey('-t', 'ecdsa', '-b', '256', '-m', 'PKCS8', '-N', passphrase),
    'read',
    ssh,
  ],
  ['a public key of SSH', 'RSA_2048', () => rfc4716('-y'), 'public-key', ssh],
  [
    'a public key of SSH in RFC 4716',
    'RSA_2048',
    () => rfc4716('-e', '-m', 'RFC4716'),
    'public-key',
    ssh,
  ],
  [
    'authorized_keys',
    'ED25519',
    'no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@here\n',
    'public-key',
  ],
  [
    'a public key of a security key',
    'EC_P256',
    'sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTIt me@here\n',
    'public-key',
  ],
]

const putty =
  (spec: 'rsa' | 'ecdsa' | 'ed25519', ...args: readonly string[]): Row[2] =>
  () => {
    const made =
      spec === 'ed25519'
        ? by('ssh-keygen', '', '-q', '-f', 'OUT', '-t', spec, '-N', '')
        : oldPem(spec === 'rsa' ? rsa : ec)
    return by('puttygen', made, 'IN', '-O', 'private', '-o', 'OUT', ...args)
  }
const oldPem = (pem: string): string =>
  createPrivateKey(pem)
    .export({ format: 'pem', type: pem === rsa ? 'pkcs1' : 'sec1' })
    .toString()
const puttygen = ['puttygen', 'ssh-keygen'] as const

/**
 * Output of puttygen 0.78 for a key that is used nowhere; two files are encrypted with the
 * passphrase.
 */
const ppk3 = `PuTTY-User-Key-File-3: ecdsa-sha2-nistp256
Encryption: none
Comment: me@here
Public-Lines: 3
AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBI1VOTHPvwIT
yslltOdmvqCrn6kiYhUuTNQQp4OuWof509ThVP2ssb+s6uOM7zcEKlx9dDBdPyUW
HL9Hg//9z+8=
Private-Lines: 1
AAAAIQDq3MLeubd9J48SwkE1LyrUTr+Kyf/dTzybf5QH+u0GTg==
Private-MAC: 579e719b59dc5867b1b62452f06966cf2f59da0b1f1e558ec5a21d89d2bc1d00
`
const ppk2Encrypted = `PuTTY-User-Key-File-2: ecdsa-sha2-nistp256
Encryption: aes256-cbc
Comment: me@here
Public-Lines: 3
AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBI1VOTHPvwIT
yslltOdmvqCrn6kiYhUuTNQQp4OuWof509ThVP2ssb+s6uOM7zcEKlx9dDBdPyUW
HL9Hg//9z+8=
Private-Lines: 1
Y8LIgPyC7Tb5Et1uS9ThPjvQ/yvK69TLQaMDOZvggrSaCwxjWu2orGYo+aj5+EIY
Private-MAC: 93037ad328d61c3ede547acc3880e3d1342e930c
`
const ppk3Encrypted = `PuTTY-User-Key-File-3: ecdsa-sha2-nistp256
Encryption: aes256-cbc
Comment: me@here
Public-Lines: 3
AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBI1VOTHPvwIT
yslltOdmvqCrn6kiYhUuTNQQp4OuWof509ThVP2ssb+s6uOM7zcEKlx9dDBdPyUW
HL9Hg//9z+8=
Key-Derivation: Argon2id
Argon2-Memory: 8192
Argon2-Passes: 8
Argon2-Parallelism: 1
Argon2-Salt: d8e9ae3ffb7d80a424370301f280e7aa
Private-Lines: 1
L1LqankQUdpFzIyq+qdYMygLKxoFhO3HU6YgSS7nKnTQxag5qja0GovPoedeFxIx
Private-MAC: 9d20ad948c008498720abaf121efaaa1e67ed7fabf858697f3b6ca57e8388ea3
`

const puttyFiles: readonly Row[] = [
  ['a file of PuTTY', 'EC_P256', ppk3, 'putty'],
  ['a file of PuTTY with breaks of Windows', 'EC_P256', ppk3.replaceAll('\n', '\r\n'), 'putty'],
  ['a file of PuTTY, encrypted', 'EC_P256', ppk3Encrypted, 'putty'],
  ['a file of PuTTY of version 2, encrypted', 'EC_P256', ppk2Encrypted, 'putty'],
  ['PuTTY, RSA', 'RSA_2048', putty('rsa'), 'putty', puttygen],
  [
    'PuTTY of version 2, RSA',
    'RSA_2048',
    putty('rsa', '--ppk-param', 'version=2'),
    'putty',
    puttygen,
  ],
  ['PuTTY, P-256', 'EC_P256', putty('ecdsa'), 'putty', puttygen],
  ['PuTTY, Ed25519', 'ED25519', putty('ed25519'), 'putty', puttygen],
]

const gpg = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', ''] as const
const pgp =
  (...args: readonly string[]): Row[2] =>
  () => {
    // One call creates the key and the next exports it: both need the same folder, which by() keeps
    // only for one call.
    const script = `gpg ${gpg.map((one) => `'${one}'`).join(' ')} --quick-gen-key x@example.org rsa2048 default never; gpg ${gpg
      .map((one) => `'${one}'`)
      .join(' ')} ${args.join(' ')}; gpgconf --kill gpg-agent`
    return by('bash', '', '-c', script)
  }

const mistaken: readonly Row[] = [
  ['a key of another kind', 'RSA_2048', ec, 'other-spec'],
  [
    'RSA of 1024 bits',
    'RSA_2048',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
      format: 'pem',
      type: 'pkcs8',
    }),
    'other-spec',
  ],
  [
    'P-224',
    'EC_P256',
    generateKeyPairSync('ec', { namedCurve: 'P-224' }).privateKey.export({
      format: 'der',
      type: 'pkcs8',
    }),
    'other-spec',
  ],
  [
    'Ed448',
    'ED25519',
    generateKeyPairSync('ed448').privateKey.export({ format: 'der', type: 'pkcs8' }),
    'other-spec',
  ],
  ['a certificate', 'RSA_2048', () => certificateOf(rsa), 'certificate', openssl],
  [
    'a certificate in DER',
    'RSA_2048',
    () => by('openssl', certificateOf(rsa), 'x509', '-in', 'IN', '-outform', 'DER'),
    'certificate',
    openssl,
  ],
  [
    'certificates in PKCS#7',
    'RSA_2048',
    () => by('openssl', certificateOf(rsa), 'crl2pkcs7', '-nocrl', '-certfile', 'IN'),
    'certificate',
    openssl,
  ],
  [
    'certificates in PKCS#7, DER',
    'RSA_2048',
    () =>
      by(
        'openssl',
        certificateOf(rsa),
        'crl2pkcs7',
        '-nocrl',
        '-certfile',
        'IN',
        '-outform',
        'DER',
      ),
    'certificate',
    openssl,
  ],
  [
    'a request',
    'RSA_2048',
    () => by('openssl', rsa, 'req', '-new', '-key', 'IN', '-subj', '/CN=x'),
    'certificate-request',
    openssl,
  ],
  [
    'a request in DER',
    'RSA_2048',
    () => by('openssl', rsa, 'req', '-new', '-key', 'IN', '-subj', '/CN=x', '-outform', 'DER'),
    'certificate-request',
    openssl,
  ],
  [
    'a list of revoked certificates',
    'RSA_2048',
    () => revocationList('PEM'),
    'other-content',
    openssl,
  ],
  [
    'a list of revoked certificates in DER',
    'RSA_2048',
    () => revocationList('DER'),
    'other-content',
    openssl,
  ],
  [
    'the parameters of a curve',
    'EC_P256',
    () => by('openssl', '', 'ecparam', '-name', 'prime256v1'),
    'other-content',
    openssl,
  ],
  [
    'a public key in PKCS#1',
    'RSA_2048',
    createPublicKey(rsa).export({ format: 'der', type: 'pkcs1' }),
    'public-key',
  ],
  [
    'a public key in hexadecimal',
    'RSA_2048',
    createPublicKey(rsa).export({ format: 'der', type: 'spki' }).toString('hex'),
    'public-key',
  ],
  ['a key of PGP', 'RSA_2048', pgp('--export-secret-keys'), 'pgp-key', ['gpg']],
  ['a key of PGP, armored', 'RSA_2048', pgp('--armor', '--export-secret-keys'), 'pgp-key', ['gpg']],
  ['a public key of PGP', 'RSA_2048', pgp('--export'), 'public-key', ['gpg']],
  ['a public key of PGP, armored', 'RSA_2048', pgp('--armor', '--export'), 'public-key', ['gpg']],
  [
    'a kubeconfig',
    'RSA_2048',
    `apiVersion: v1\nusers:\n- name: x\n  user:\n    client-key-data: ${Buffer.from(rsa).toString('base64')}\n`,
    'settings',
  ],
  [
    'what material wrap writes',
    'EC_P256',
    text({ key_id: 'x', encrypted_key_material: 'AA==', encrypted_privatekey: 'AA==' }),
    'wrapped',
  ],
  [
    'an error page that was saved',
    'EC_P256',
    '<html><body>502 Bad Gateway</body></html>',
    'web-page',
  ],
  ['a picture', 'EC_P256', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'image'],
  [
    'random bytes',
    'EC_P256',
    Buffer.from('8b1d8bd1b3a4a0c53ee5b8cf2e4f8ad5c0c7f1a3f90f6fd2b4c6f1ae12f3c4d5', 'hex'),
    'unreadable',
  ],
  ['a word', 'EC_P256', 'password', 'unreadable'],
  ['NULs alone', 'EC_P256', Buffer.alloc(32), 'unreadable'],
  ['more than a million bytes', 'EC_P256', Buffer.alloc(1_000_001, 7), 'large'],
  ['nothing', 'EC_P256', '', 'empty'],
  ['blanks', 'EC_P256', ' \n', 'blank'],
]

function revocationList(form: 'PEM' | 'DER'): Buffer {
  const script = [
    'openssl req -x509 -key IN -subj /CN=x -days 1 -out ca.pem',
    ': > index.txt; echo 01 > serial; echo 01 > number',
    'printf "[ca]\\ndefault_ca=c\\n[c]\\ndatabase=index.txt\\nserial=serial\\ncrlnumber=number\\ndefault_md=sha256\\ndefault_crl_days=1\\n" > c.cnf',
    `openssl ca -config c.cnf -gencrl -keyfile IN -cert ca.pem | openssl crl -outform ${form}`,
  ].join(' && ')
  return by('bash', rsa, '-c', script)
}

export const pairFiles: readonly Row[] = [
  ...travelled,
  ...encodings,
  ...jwks,
  ...encrypted,
  ...stores,
  ...sshFiles,
  ...puttyFiles,
  ...mistaken,
]
