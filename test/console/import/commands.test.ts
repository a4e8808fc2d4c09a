/**
 * The commands that the console shows for material that is wrapped elsewhere: what they say, how
 * long their lines are, what they make.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  constants,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  type Tool,
  tools,
  wrapCommands,
} from '../../../console/src/features/import/ways/commands.ts'
import { commandLine, commandOf } from '../../../src/domain/command-line.ts'
import { isAsymmetric, keySpecs } from '../../../src/domain/keys/key-specs.ts'
import { missing } from '../../tools.ts'

const id = '4f32e781-8b91-4c02-9a7a-cd1694466e2b'
const specs = Object.values(keySpecs)

test('the command line is called as docs/cli.md says', () => {
  assert.ok(readFileSync('docs/cli.md', 'utf8').includes(`In a clone it is \`${commandLine}\``))
})

test('a command is continued on the next line before it exceeds 57 characters', () => {
  const word = 'x'.repeat(23)
  const table: readonly (readonly [words: readonly string[], shown: string])[] = [
    [['holdfast'], 'holdfast'],
    [[word, word], `${word} ${word}`],
    [[word, word, 'four more'], `${word} ${word} \\\n  four more`],
    [[word, word, 'x'.repeat(8)], `${word} ${word} \\\n  ${'x'.repeat(8)}`],
    [[word, word, '1234567'], `${word} ${word} 1234567`],
    [['y'.repeat(90), word], `${'y'.repeat(90)} \\\n  ${word}`],
  ]
  for (const [words, shown] of table) assert.equal(commandOf(...words), shown)
})

describe('what is shown to wrap material elsewhere', () => {
  test('no line is longer than its panel, for any tool and spec', () => {
    for (const spec of specs)
      for (const tool of tools)
        for (const isHeld of [true, false])
          for (const line of wrapCommands(tool, { id, spec, isHeld }).split('\n'))
            assert.ok(line.length <= 57, `${spec.name}, ${tool}: ${line}`)
  })

  /** The command that makes the material, among those shown for a new key. */
  const makes: readonly (readonly [
    spec: keyof typeof keySpecs,
    tool: Tool,
    shown: string | undefined,
  ])[] = [
    ['AES_256', 'openssl', 'test -e material.bin || openssl rand -out material.bin 32'],
    ['SM4', 'openssl', 'test -e material.bin || openssl rand -out material.bin 16'],
    ['HMAC_512', 'openssl', 'test -e material.bin || openssl rand -out material.bin 64'],
    [
      'AES_256',
      'holdfast',
      `test -e material.bin || ${commandLine} material generate --spec AES_256 --out material.bin`,
    ],
    ['AES_256', 'pkcs11', undefined],
    [
      'RSA_3072',
      'openssl',
      'test -e key.pem || openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem',
    ],
    [
      'SM2',
      'openssl',
      'test -e key.pem || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem',
    ],
    ['ED25519', 'openssl', 'test -e key.pem || openssl genpkey -algorithm ed25519 -out key.pem'],
    ['ML_DSA_65', 'openssl', undefined],
    [
      'ML_DSA_65',
      'holdfast',
      `test -e key.der || ${commandLine} material generate --spec ML_DSA_65 --out key.der`,
    ],
  ]
  for (const [name, tool, shown] of makes)
    test(`${name}, ${tool}: ${shown ?? 'nothing is made'}; nothing for a key that has its material`, () => {
      const lines = (isHeld: boolean): string[] =>
        wrapCommands(tool, { id, spec: keySpecs[name], isHeld })
          .replaceAll(' \\\n  ', ' ')
          .split('\n')
      assert.deepEqual(
        lines(false).find((line) => line.startsWith('test ')),
        shown,
      )
      assert.equal(
        lines(true).find((line) => line.startsWith('test ')),
        undefined,
      )
      assert.equal(lines(false)[0] === 'umask 077', tool !== 'pkcs11')
    })
})

describe('the commands for OpenSSL, typed', { skip: missing('openssl') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  after(() => rmSync(folder, { recursive: true }))
  const wrapping = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const unwrap = (bytes: Buffer): Buffer =>
    privateDecrypt(
      { key: wrapping.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      bytes,
    )
  /** RFC 5649. */
  const unwrapPrivate = (bytes: Buffer, key: Buffer): KeyObject => {
    const opener = createDecipheriv('id-aes256-wrap-pad', key, Buffer.from('a65959a6', 'hex'))
    return createPrivateKey({
      key: Buffer.concat([opener.update(bytes), opener.final()]),
      format: 'der',
      type: 'pkcs8',
    })
  }

  // Larger RSA keys differ in one number of one command, and take seconds to make.
  for (const spec of specs.filter(({ name, kind }) => kind !== 'ml-dsa' && !/RSA_[34]/.test(name)))
    test(`${spec.name}: readable by their owner alone, and wrapped as an import takes it`, () => {
      const work = join(folder, spec.name)
      const pair = isAsymmetric(spec)
      const script = wrapCommands('openssl', { id, spec, isHeld: false })
      const prepare = `mkdir ${spec.name}; cd ${spec.name}; cat > wrap-${id}.der`
      const input = wrapping.publicKey.export({ type: 'spki', format: 'der' })
      execFileSync('bash', ['-euc', `${prepare}\n${script}`], { cwd: folder, input, stdio: 'pipe' })
      const material = join(work, pair ? 'key.pem' : 'material.bin')
      assert.equal(statSync(material).mode & 0o777, 0o600)
      const wrapped = unwrap(readFileSync(join(work, 'wrapped.bin')))
      if (!pair) return assert.deepEqual(wrapped, readFileSync(material))
      const key = unwrapPrivate(readFileSync(join(work, 'wrapped-key.bin')), wrapped)
      const publicOf = (one: KeyObject): Buffer =>
        createPublicKey(one).export({ type: 'spki', format: 'der' })
      assert.deepEqual(publicOf(key), publicOf(createPrivateKey(readFileSync(material))))
    })

  test('a file that is there is wrapped as it is', () => {
    const material = randomBytes(32)
    writeFileSync(join(folder, 'material.bin'), material)
    writeFileSync(
      join(folder, `wrap-${id}.der`),
      wrapping.publicKey.export({ type: 'spki', format: 'der' }),
    )
    const script = wrapCommands('openssl', { id, spec: keySpecs.AES_256, isHeld: false })
    execFileSync('bash', ['-euc', script], { cwd: folder, stdio: 'pipe' })
    assert.deepEqual(unwrap(readFileSync(join(folder, 'wrapped.bin'))), material)
    assert.deepEqual(readFileSync(join(folder, 'material.bin')), material)
  })
})
