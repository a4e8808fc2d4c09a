/**
 * docs/import.md, word for word: each of its commands, in order, on a fresh data folder.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missing, tool } from '../../tools.ts'
import { HuaweiClient, readCredentials } from '../client.ts'
import { TestServer } from '../server.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const withoutHsm = missing('softhsm', 'softhsm2-util', 'pkcs11-tool')
/** Keys that SoftHSM wraps, as pkcs11-tool names their types. */
const privateKeys: readonly (readonly [spec: string, type: string])[] = [
  ['RSA_2048', 'RSA:2048'],
  ['EC_P384', 'EC:secp384r1'],
  ['EC_P521', 'EC:secp521r1'],
  ['SECP256K1', 'EC:secp256k1'],
]

/**
 * Why the private keys of an HSM are left out: pkcs11-tool wraps them, and supports RFC 5649, from
 * OpenSC 0.26 on.
 */
function wrapsNoPrivateKeys(): string | false {
  const asked = ['--module', tool('softhsm'), '--mechanism', 'AES-KEY-WRAP-PAD', '--list-slots']
  const { status, stderr } = spawnSync(tool('pkcs11-tool'), asked, { encoding: 'utf8' })
  if (status === 0) return false
  assert.match(stderr, /Unknown PKCS11 mechanism/)
  return 'not installed: pkcs11-tool of OpenSC 0.26 or later'
}
const withoutPrivateKeys = withoutHsm === false ? wrapsNoPrivateKeys() : withoutHsm

type Block = { readonly kind: string; readonly script: string }

describe('the import guide', { skip: missing('openssl') }, () => {
  /** The user's working folder: a clone with the data folder in it. */
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  let server: TestServer
  let client: HuaweiClient

  before(async () => {
    server = await TestServer.start({ data: join(folder, 'holdfast-data') })
    // While a command runs, this process is blocked.
    client = new HuaweiClient(
      server.url,
      readCredentials(join(server.data, 'bootstrap.json')),
      64,
      false,
    )
    const file = join(folder, 'holdfast-data', 'bootstrap.json')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/"endpoint": "[^"]*"/, `"endpoint": "${server.url}"`),
    )
    cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const blocks: Block[] = [
    ...readFileSync(join(root, 'docs/import.md'), 'utf8').matchAll(
      /^```sh ?(\S*)\n([\s\S]*?)^```$/gm,
    ),
  ].map(([, kind = '', script = '']) => ({ kind: kind || 'works', script }))
  const variables: Record<string, string> = {}

  /** Runs a block; the variables that it sets are there for the blocks after it. */
  const run = ({ script }: Block) => {
    const whole = [
      'set -euo pipefail',
      `holdfast() { "${process.execPath}" "${join(root, 'bin/holdfast.js')}" "$@"; }`,
      `node() { "${process.execPath}" "$@"; }`,
      script,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
      'for name in KEY KEY2 KEY3 KEY4 CIPHERTEXT SIGNING RSA; do [ -z "${!name:-}" ] || echo "set $name=${!name}"; done',
    ].join('\n')
    const done = spawnSync('bash', ['-c', whole], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...variables },
    })
    for (const [, name, value] of done.stdout.matchAll(/^set (\w+)=(.*)$/gm))
      variables[name as string] = value as string
    return done
  }

  test('every block is of a kind that this test knows', () => {
    assert.ok(blocks.length >= 18)
    assert.deepEqual(
      new Set(blocks.map(({ kind }) => kind)),
      new Set(['works', 'fails', 'hsm', 'hsm-read', 'hsm-private']),
    )
  })

  test('typed in its order, it does what it says', { timeout: 180_000 }, () => {
    if (withoutHsm === false) {
      const tokens = join(folder, 'tokens')
      mkdirSync(tokens)
      writeFileSync(
        join(folder, 'softhsm2.conf'),
        `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
      )
      Object.assign(variables, {
        SOFTHSM2_CONF: join(folder, 'softhsm2.conf'),
        MODULE: tool('softhsm'),
        PIN: '1234',
      })
      execFileSync(
        tool('softhsm2-util'),
        ['--init-token', '--free', '--label', 'guide', '--pin', '1234', '--so-pin', '1234'],
        {
          env: { ...process.env, ...variables },
        },
      )
    }
    let said = ''
    for (const block of blocks) {
      if (withoutHsm !== false && block.kind.startsWith('hsm')) continue
      if (withoutPrivateKeys !== false && block.kind === 'hsm-private') continue
      const { status, stdout, stderr } = run(block)
      said += stdout
      const what = `${block.script}\n${stdout}\n${stderr}`
      if (block.kind === 'fails') assert.notEqual(status, 0, what)
      // SoftHSM has no OAEP with SHA-256: everything up to that command works, and its message says
      // so.
      else if (block.kind === 'hsm')
        assert.match(stderr, /C_WrapKey failed: rv = CKR_ARGUMENTS_BAD/, what)
      else assert.equal(status, 0, what)
    }
    const [holdfasts, sums] = [
      /check value: ([0-9a-f]{16})/.exec(said)?.[1],
      /^([0-9a-f]{16})$/m.exec(said)?.[1],
    ]
    assert.ok(holdfasts !== undefined && holdfasts === sums, 'the two ways to a check value agree')
    assert.equal(said.match(/this backup holds the material of orders/g)?.length, 2)
    assert.equal(said.match(/^4711 anvils$/gm)?.length, 3)
    assert.match(said, /material expires: 2099-01-31T12:00:00Z/)
    assert.match(said, /is now orders/)
  })

  test('what it left behind is what it promised', async () => {
    const { keys, key_details } = await client.ok('list-keys', { key_spec: 'ALL', limit: 100 })
    const byAlias = Object.fromEntries(
      key_details.map((key: { key_alias: string }) => [key.key_alias, key]),
    )
    assert.ok(keys.length >= 5)
    assert.equal(byAlias.orders.key_state, '2')
    assert.notEqual(byAlias.orders.key_id, variables.KEY)
    assert.equal(byAlias.rsa.key_state, '2')
    const material = readFileSync(join(folder, 'orders.key'))
    const log = server.output
    for (const form of ['hex', 'base64', 'base64url'] as const)
      assert.ok(!log.includes(material.toString(form)))
  })

  // The run above skips the blocks with an HSM on a machine without one: the summary has a line for
  // that.
  test('the blocks with an HSM were typed with the others', { skip: withoutHsm }, () => {
    assert.ok(blocks.some(({ kind }) => kind === 'hsm'))
  })

  test('the block with a private key of an HSM, for each spec', {
    skip: withoutPrivateKeys,
  }, async () => {
    const block = blocks.find(({ kind }) => kind === 'hsm-private')
    assert.ok(block !== undefined)
    assert.equal(
      (await client.describe(variables.KEY4 ?? '')).key_state,
      '2',
      'the one of the guide',
    )
    for (const [i, [spec, type]] of privateKeys.entries()) {
      const named = block.script
        .replaceAll('EC_P256', spec)
        .replaceAll('EC:prime256v1', type)
        .replaceAll('from-hsm-3', spec)
      const script = named.replaceAll('-id 21', `-id 3${i}`).replaceAll('-id 22', `-id 4${i}`)
      const { status, stderr } = run({ kind: 'works', script })
      assert.equal(status, 0, stderr)
      assert.equal((await client.describe(variables.KEY4 ?? '')).key_state, '2', spec)
    }
  })

  test('the backup of the command line opens with age itself', {
    skip: missing('age', 'age-keygen'),
  }, () => {
    const material = readFileSync(join(folder, 'orders.key'))
    // What the command line seals for a recipient of age opens with age itself.
    execFileSync(tool('age-keygen'), ['-o', join(folder, 'identity')], { stdio: 'ignore' })
    const recipient = /age1\S+/.exec(readFileSync(join(folder, 'identity'), 'utf8'))?.[0] as string
    const sealed = run({
      kind: 'works',
      script: `holdfast material backup --material orders.key --out for-people.age --recipient ${recipient}`,
    })
    assert.equal(sealed.status, 0, sealed.stderr)
    assert.deepEqual(
      execFileSync(tool('age'), ['-d', '-i', 'identity', 'for-people.age'], { cwd: folder }),
      material,
    )
    const drilled = run({
      kind: 'works',
      script: 'holdfast material drill orders-2 --backup for-people.age --identity identity',
    })
    assert.equal(drilled.status, 1, 'it is not the material of that key')
    assert.match(drilled.stderr, /drill-mismatch/)
  })
})
