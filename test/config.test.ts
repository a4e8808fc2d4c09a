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
  assert.ok(Object.isFrozen(config))
})

test('every flag has a variable, and the flag wins', () => {
  assert.equal(readConfig({}, { HOLDFAST_REGION: 'a' }).region, 'a')
  assert.equal(readConfig({ region: 'b' }, { HOLDFAST_REGION: 'a' }).region, 'b')
  assert.equal(readConfig({}, { HOLDFAST_WRAPPING_KEY_BITS: '4096' }).wrappingKeyBits, 4096)
  assert.equal(readConfig({}, { HOLDFAST_MATERIAL_CHECKS: 'warn' }).materialChecks, 'warn')
})

const bad: readonly [what: string, flags: Record<string, string>, says: RegExp][] = [
  ['a port beyond all', { listen: '127.0.0.1:70000' }, /HOST:PORT/],
  ['no port', { listen: '127.0.0.1' }, /HOST:PORT/],
  ['plain HTTP for everybody', { listen: '0.0.0.0:8320' }, /insecure-http/],
  ['plain HTTP on a name', { listen: 'kms.example:8320' }, /insecure-http/],
  ['a certificate without its key', { tlsCert: 'x' }, /go together/],
  ['a certificate that is not there', { tlsCert: '/nonexistent', tlsKey: '/nonexistent' }, /tls-cert/],
  ['a root of an unknown kind', { root: 'cloud:x' }, /--root/],
  ['a region with a blank', { region: 'a b' }, /--region/],
  ['no workers', { workers: '0' }, /--workers/],
  ['1024-bit wrapping keys', { wrappingKeyBits: '1024' }, /--wrapping-key-bits/],
  ['tokens for a year', { importTokenHours: '8760' }, /--import-token-hours/],
  ['no checks at all', { materialChecks: 'off' }, /--material-checks/],
]
for (const [what, flags, says] of bad) {
  test(`${what} is refused in words`, () => {
    assert.throws(
      () => readConfig(flags, {}),
      (error) => error instanceof ConfigError && says.test(error.message),
    )
  })
}

test('a database URL with a password comes out of a file only', () => {
  const plain = 'postgres://kms@db.example.com/kms'
  assert.equal(readConfig({ databaseUrl: plain }, {}).databaseUrl, plain)
  assert.equal(readConfig({}, { HOLDFAST_DATABASE_URL: plain }).databaseUrl, plain)
  const secret = 'postgres://kms:secret@db.example.com/kms'
  const shown: [Record<string, string>, Record<string, string>][] = [
    [{ databaseUrl: secret }, {}],
    [{}, { HOLDFAST_DATABASE_URL: secret }],
  ]
  for (const [flags, environment] of shown) {
    const told = (error: Error): boolean => error.message.includes('--database-url-file') && !error.message.includes('secret')
    assert.throws(() => readConfig(flags, environment), told)
  }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const file = join(folder, 'url')
  writeFileSync(file, `${secret}\n`)
  assert.equal(readConfig({ databaseUrlFile: file }, {}).databaseUrl, secret)
  assert.equal(readConfig({}, { HOLDFAST_DATABASE_URL_FILE: file }).databaseUrl, secret)
  assert.throws(() => readConfig({ databaseUrl: 'mysql://db/kms' }, {}), /postgres:/)
  rmSync(folder, { recursive: true })
})

test('plain HTTP beyond loopback is possible for those who say so', () => {
  assert.equal(readConfig({ listen: '0.0.0.0:8320', insecureHttp: 'true' }, {}).host, '0.0.0.0')
  assert.equal(readConfig({ listen: '[::1]:1' }, {}).host, '::1')
})

test('a passphrase is named by its file: no flag and no variable takes one', () => {
  assert.deepEqual(readConfig({ root: 'passphrase', passphraseFile: 'f' }, {}).root, { kind: 'passphrase', file: 'f' })
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
