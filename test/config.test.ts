/** Settings: flags before variables, everything checked, secrets by file only. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { ConfigError, readConfig, serverFlags } from '../src/config.ts'

test('without flags and variables everything has its default', () => {
  const config = readConfig({}, {})
  assert.equal(config.data, resolve('holdfast-data'))
  assert.deepEqual([config.host, config.port, config.region], ['127.0.0.1', 8320, 'local'])
  assert.deepEqual(config.root, { kind: 'file', path: resolve('holdfast-data/root.key') })
  assert.equal(config.wrappingKeyBits, 2048)
  assert.equal(config.importTokenMs, 24 * 3_600_000)
  assert.equal(config.materialChecks, 'refuse')
  assert.equal(config.drainMs, 0)
  assert.ok(Object.isFrozen(config))
})

test('every flag has a variable, and the flag wins', () => {
  assert.equal(readConfig({}, { HOLDFAST_REGION: 'a' }).region, 'a')
  assert.equal(readConfig({ region: 'b' }, { HOLDFAST_REGION: 'a' }).region, 'b')
  assert.equal(readConfig({}, { HOLDFAST_WRAPPING_KEY_BITS: '4096' }).wrappingKeyBits, 4096)
  assert.equal(readConfig({}, { HOLDFAST_MATERIAL_CHECKS: 'warn' }).materialChecks, 'warn')
})

test('metrics are on the port after that of the service, unless a setting says otherwise', () => {
  const at = (flags: Record<string, string>) => readConfig(flags, {}).metrics
  assert.deepEqual(at({}), { host: '127.0.0.1', port: 8321, isExplicit: false })
  assert.deepEqual(at({ listen: '127.0.0.1:0' }), { host: '127.0.0.1', port: 0, isExplicit: false })
  assert.deepEqual(at({ listen: '127.0.0.1:65535' }), {
    host: '127.0.0.1',
    port: 0,
    isExplicit: false,
  })
  assert.deepEqual(at({ metricsListen: '[::1]:0' }), { host: '::1', port: 0, isExplicit: true })
  assert.deepEqual(at({ metricsListen: '10.0.0.1:9090', insecureHttp: 'true' }), {
    host: '10.0.0.1',
    port: 9090,
    isExplicit: true,
  })
  assert.equal(at({ metricsListen: 'off' }), undefined)
})

const bad: readonly [what: string, flags: Record<string, string>, says: RegExp][] = [
  ['metrics without a port', { metricsListen: '127.0.0.1' }, /--metrics-listen must be HOST:PORT/],
  [
    'metrics open to everyone',
    { metricsListen: '0.0.0.0:9090' },
    /--metrics-listen on 0\.0\.0\.0 .*insecure-http/,
  ],
  ['no connections', { maxConnectionsPerAddress: '0' }, /--max-connections-per-address/],
  ['a drain of six minutes', { drainSeconds: '301' }, /--drain-seconds must be .* from 0 to 300/],
  ['a drain of no number', { drainSeconds: '-1' }, /--drain-seconds/],
  ['no log of strangers', { strangerLogMb: '0' }, /--stranger-log-mb/],
  ['a port above 65535', { listen: '127.0.0.1:70000' }, /HOST:PORT/],
  ['no port', { listen: '127.0.0.1' }, /HOST:PORT/],
  ['plain HTTP open to everyone', { listen: '0.0.0.0:8320' }, /insecure-http/],
  ['plain HTTP on a name', { listen: 'kms.example:8320' }, /insecure-http/],
  ['a certificate without its key', { tlsCert: 'x' }, /must be set together/],
  [
    'a certificate that is not there',
    { tlsCert: '/nonexistent', tlsKey: '/nonexistent' },
    /tls-cert/,
  ],
  [
    'signatures that do not cover the body, over plain HTTP',
    { unsignedPayload: 'true' },
    /--unsigned-payload needs TLS/,
  ],
  [
    'the same behind a proxy that speaks TLS',
    { unsignedPayload: 'true', publicUrl: 'https://kms.example.com' },
    /--unsigned-payload needs TLS up to this server/,
  ],
  [
    'an invalid value for signatures that do not cover the body',
    { unsignedPayload: 'perhaps' },
    /--unsigned-payload must be one of/,
  ],
  ['a root of an unknown kind', { root: 'cloud:x' }, /--root/],
  ['a region with a space', { region: 'a b' }, /--region/],
  ['no workers', { workers: '0' }, /--workers/],
  ['1024-bit wrapping keys', { wrappingKeyBits: '1024' }, /--wrapping-key-bits/],
  ['tokens for a year', { importTokenHours: '8760' }, /--import-token-hours/],
  ['no checks at all', { materialChecks: 'off' }, /--material-checks/],
]
for (const [what, flags, says] of bad) {
  test(`${what} is refused with a message`, () => {
    assert.throws(
      () => readConfig(flags, {}),
      (error) => error instanceof ConfigError && says.test(error.message),
    )
  })
}

const tlsToDatabase: readonly (readonly [
  url: string,
  settings: Record<string, string>,
  is: 'verify' | 'none' | RegExp,
])[] = [
  ['postgres://kms@127.0.0.1/kms', {}, 'none'],
  ['postgres://kms@localhost:5433/kms', {}, 'none'],
  ['postgres://kms@[::1]/kms', {}, 'none'],
  ['postgres://kms@%2Frun%2Fpostgresql/kms', {}, 'none'],
  ['postgres://kms@127.0.0.1/kms', { databaseTls: 'verify' }, 'verify'],
  ['postgres://kms@db.example.com/kms', {}, 'verify'],
  ['postgres://kms@10.0.0.5/kms', {}, 'verify'],
  ['postgres://kms@a.example.com,b.example.com:5433/kms', {}, 'verify'],
  ['postgres://kms@127.0.0.1,b.example.com/kms', {}, /must use host names/],
  ['postgres://kms@db.example.com/kms', { databaseTls: 'insecure' }, 'none'],
  [
    'postgres://kms@db.example.com/kms',
    { databaseTls: 'prefer' },
    /--database-tls must be one of: verify, insecure/,
  ],
  [
    'postgres://kms@db.example.com/kms',
    { databaseTls: 'insecure', databaseCa: 'ca.pem' },
    /--database-ca requires --database-tls verify/,
  ],
  [
    'postgres://kms@db.example.com/kms',
    { databaseCa: '/nowhere/ca.pem' },
    /^--database-ca: ENOENT/,
  ],
  ['postgres://kms@db.example.com/kms?sslmode=disable', {}, /sets sslmode: remove it/],
  ['postgres://kms@db.example.com/kms?ssl=false', {}, /sets ssl: remove it/],
  ['postgres://kms@127.0.0.1/kms?host=db.example.com', {}, /names hosts twice: remove/],
  ['postgres:///kms', {}, /must name a host/],
  // Where a host is written makes no difference.
  ['postgres://kms@/kms?host=/run/postgresql', {}, 'none'],
  ['postgres://kms@/kms?host=127.0.0.1,::1', {}, 'none'],
  ['postgres://kms@/kms?host=db.example.com', {}, 'verify'],
  ['postgres://kms@/kms?host=127.0.0.1,db.example.com', {}, /must use host names/],
  ['postgres://kms@localhost,%64b.example.com/kms', {}, 'verify'],
  ['postgres://kms@localhost,[2001:db8::1]:5433/kms', {}, /must use host names/],
  ['postgres://kms@10.0.0.5,10.0.0.6/kms', { databaseTls: 'insecure' }, 'none'],
  ['postgres://127.0.0.1@db.example.com/kms', {}, 'verify'],
  ['postgres://kms@db.example.com/127.0.0.1', {}, 'verify'],
  ['postgres://kms@127.0.0.1@db.example.com/kms', {}, /an @ where none is expected/],
  ['postgres://kms@127.0.0.1#@db.example.com/kms', {}, /contains a space, a #/],
]
for (const [url, settings, is] of tlsToDatabase) {
  test(`TLS to the database: ${url} ${Object.entries(settings).flat().join(' ')}`, () => {
    const read = () => readConfig({ databaseUrl: url, ...settings }, {}).databaseTls
    if (is instanceof RegExp) assert.throws(read, { constructor: ConfigError, message: is })
    else assert.equal(read() === undefined ? 'none' : 'verify', is)
  })
}

test('a database URL with a password is read from a file only', () => {
  const plain = 'postgres://kms@db.example.com/kms'
  assert.equal(readConfig({ databaseUrl: plain }, {}).databaseUrl, plain)
  assert.equal(readConfig({}, { HOLDFAST_DATABASE_URL: plain }).databaseUrl, plain)
  const secret = 'postgres://kms:secret@db.example.com/kms'
  for (const url of [
    secret,
    'postgres://kms@db.example.com/kms?password=secret',
    'postgres://db.example.com/kms?user=kms&p%61ssword=secret',
  ])
    for (const read of [
      () => readConfig({ databaseUrl: url }, {}),
      () => readConfig({}, { HOLDFAST_DATABASE_URL: url }),
    ]) {
      const told = (error: Error): boolean =>
        error instanceof ConfigError &&
        error.message.includes('--database-url-file') &&
        !error.message.includes('secret')
      assert.throws(read, told)
    }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const file = join(folder, 'url')
  writeFileSync(file, `${secret}\n`, { mode: 0o600 })
  assert.equal(readConfig({ databaseUrlFile: file }, {}).databaseUrl, secret)
  assert.equal(readConfig({}, { HOLDFAST_DATABASE_URL_FILE: file }).databaseUrl, secret)
  assert.throws(() => readConfig({ databaseUrl: 'mysql://db/kms' }, {}), /postgres:/)
  rmSync(folder, { recursive: true })
})

test('plain HTTP beyond loopback is allowed for those who ask for it', () => {
  assert.equal(readConfig({ listen: '0.0.0.0:8320', insecureHttp: 'true' }, {}).host, '0.0.0.0')
  assert.equal(readConfig({ listen: '[::1]:1' }, {}).host, '::1')
})

test('a passphrase is named by its file: no flag and no variable takes one', () => {
  assert.deepEqual(readConfig({ root: 'passphrase', passphraseFile: 'f' }, {}).root, {
    kind: 'passphrase',
    file: 'f',
  })
  assert.deepEqual(readConfig({ root: 'passphrase' }, { CREDENTIALS_DIRECTORY: '/run/c' }).root, {
    kind: 'passphrase',
    file: '/run/c/holdfast-passphrase',
  })
  assert.equal(
    serverFlags.some(([flag]) => /passphrase(?!-file)|password|secret/.test(flag)),
    false,
  )
})

test('the environment is read in one place', () => {
  assert.doesNotMatch(readFileSync('src/config.ts', 'utf8'), /process\.env/)
})
