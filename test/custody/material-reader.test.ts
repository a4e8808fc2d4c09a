/**
 * One list of files, read by the console and by the command line: the same verdict, sentence and
 * command. The list is the specification.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, hash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { MaterialHolder } from '../../console/src/material/holder.ts'
import { CliFailure } from '../../src/cli/failure.ts'
import { materialFrom } from '../../src/cli/material-file.ts'
import { vetPrivateKey } from '../../src/crypto/asymmetric/private-keys.ts'
import { checkValue } from '../../src/crypto/formats/association.ts'
import {
  commandFor,
  readingSentence,
  refused,
  type Unread,
} from '../../src/custody/material/verdicts.ts'
import { KmsError } from '../../src/domain/errors.ts'
import {
  type AsymmetricSpecName,
  asymmetricSpec,
  isAsymmetric,
  keySpec,
} from '../../src/domain/keys/key-specs.ts'
import { buffer, keyId, target } from '../console/material/holding.ts'
import { missing, type ToolName } from '../tools.ts'
import { asTheServerReads, keyFormFiles } from './key-form-files.ts'
import { pairFiles as fieldPairs, symmetricFiles as fieldSecrets } from './material-files.ts'
import { pairFiles } from './pair-files.ts'
import { by, contentOf, passphrase, type Row, type Verdict } from './row.ts'
import { hex, secret, secretFiles } from './secret-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-reader-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const passphraseFile = written('passphrase', passphrase)
const files: readonly Row[] = [...secretFiles, ...pairFiles, ...keyFormFiles]

type Outcome = { readonly verdict: string; readonly words: string }

async function byConsole(file: string, spec: string): Promise<Outcome> {
  const holder = new MaterialHolder()
  const first = await holder.read({
    target: target(spec),
    bytes: buffer(readFileSync(file)),
    isText: false,
  })
  const answer = first.kind === 'passphrase' ? await holder.reply({ reply: { passphrase } }) : first
  if (answer.kind === 'read')
    return { verdict: 'read', words: answer.facts.checkValue ?? answer.facts.fingerprint ?? '' }
  if (answer.kind === 'line-break')
    return {
      verdict: answer.kind,
      words: `The file ends with a line break after ${answer.sizeBytes} bytes.`,
    }
  if (answer.kind !== 'refused') return { verdict: answer.kind, words: '' }
  const verdict = refused(answer.reason as Unread['reason'], answer.values)
  const command = commandFor(verdict, file)
  return {
    verdict: answer.reason,
    words: readingSentence(verdict) + (command === undefined ? '' : `\n  ${command}`),
  }
}

async function byCommandLine(file: string, spec: string): Promise<Outcome> {
  const kind = keySpec(spec)
  try {
    const material = await materialFrom(file, kind, { passphraseFile })
    if (!isAsymmetric(kind))
      return { verdict: 'read', words: checkValue(keyId, kind.name, material) }
    const spki = createPublicKey(
      createPrivateKey({ key: material, format: 'der', type: 'pkcs8' }),
    ).export({
      format: 'der',
      type: 'spki',
    })
    return { verdict: 'read', words: hash('sha256', spki, 'hex') }
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    // The page has a button where the command line has a flag.
    const words = error.message
      .replace(`${file}: `, '')
      .replace(' To leave it out, add --reading raw-line', '')
    return { verdict: 'refused', words }
  }
}

/** @returns undefined for an accepted key. */
function byServer(spec: string, content: Uint8Array | string): string | undefined {
  try {
    vetPrivateKey(asymmetricSpec(spec as AsymmetricSpecName), Buffer.from(content))
    return undefined
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    return error.message
  }
}

function written(name: string, content: Uint8Array | string): string {
  const file = join(folder, name)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}

describe('a file has one verdict', () => {
  test('of at least 200 files', () => assert.ok(files.length >= 200, String(files.length)))
  for (const [i, row] of files.entries()) {
    const [what, spec, , verdict, needs = []] = row
    test(`${spec}: ${what}: ${verdict}`, { skip: missing(...needs) }, async () => {
      const file = written(`file-${i}`, contentOf(row))
      const console_ = await byConsole(file, spec)
      assert.equal(console_.verdict, verdict, console_.words)
      assert.equal((await byCommandLine(file, spec)).words, console_.words)
    })
  }
})

describe('a file put into any field of the console gets the verdict of its row', () => {
  for (const row of [...fieldSecrets, ...fieldPairs]) {
    const [what, spec, file, verdict] = row
    // Nothing was created if the required program is missing.
    const isMade = file.length > 0 || verdict === 'empty'
    test(`${spec}: ${what}: ${verdict}`, { skip: !isMade && missing('openssl') }, async () => {
      assert.equal((await byConsole(written('field', contentOf(row)), spec)).verdict, verdict)
    })
  }
})

/** The tools that the command in a message needs, by the verdict of the message. */
const programs: Partial<Record<Verdict, readonly ToolName[]>> = {
  'utf-16': ['iconv'],
  base32: ['base32'],
  openssh: ['ssh-keygen'],
  'openssh-ed25519': ['ssh-keygen'],
  putty: ['puttygen', 'ssh-keygen'],
  pkcs12: ['openssl'],
  jks: ['keytool', 'openssl'],
  'pgp-message': ['gpg'],
  cipher: ['openssl'],
}
const archives: Readonly<Record<string, readonly ToolName[]>> = {
  'gzip of the key': ['gzip'],
  'zip of the key': ['unzip'],
}

describe('the command in a message produces a file that is read', () => {
  for (const [i, row] of files.entries()) {
    const [what, spec, , verdict, needs = []] = row
    const tools = programs[verdict] ?? archives[what]
    if (tools === undefined) continue
    test(`${spec}: ${what}`, {
      skip: missing(...needs, ...tools) || oldSsh(spec, verdict),
    }, async () => {
      const name = join(folder, `file-${i}`)
      const end = await followed(
        existsSync(name) ? name : written(`file-${i}`, contentOf(row)),
        spec,
      )
      assert.equal(end.verdict, 'read', end.words)
      if (spec === 'AES_256') assert.equal(end.words, checkValue(keyId, spec, secret))
    })
  }

  test('no message with a command is left out', async () => {
    const withCommand = await Promise.all(
      files.map(async ([what, spec, , verdict], i) => {
        const name = join(folder, `file-${i}`)
        const { words } = existsSync(name) ? await byConsole(name, spec) : { words: '' }
        return words.includes('\n') &&
          programs[verdict] === undefined &&
          archives[what] === undefined
          ? [what]
          : []
      }),
    )
    assert.deepEqual(withCommand.flat(), [])
  })
})

/**
 * Follows one message after another, for example from a key store to PKCS#12 and from there to PEM.
 */
async function followed(file: string, spec: string, left = 3): Promise<Outcome> {
  const outcome = await byConsole(file, spec)
  const command = outcome.words.split('\n  ')[1]
  if (command === undefined || left === 0) return outcome
  const place = mkdtempSync(join(folder, 'command-'))
  const env = { ...process.env, GNUPGHOME: place }
  execFileSync('bash', ['-euc', `umask 022; ${answered(command)}`], {
    cwd: place,
    env,
    stdio: 'pipe',
  })
  const [made, ...others] = readdirSync(place, { withFileTypes: true }).filter(
    (one) => one.isFile() && !/kbx|^decoded/.test(one.name),
  )
  assert.deepEqual([made === undefined, others.map((one) => one.name)], [false, []], command)
  const mode = statSync(join(place, made?.name ?? '')).mode
  assert.equal(mode & 0o077, 0, `nobody else reads what this makes: ${command}`)
  return followed(join(place, made?.name ?? ''), spec, left - 1)
}

/** The command as shown, with what a person types when it asks for a passphrase. */
function answered(command: string): string {
  const flags = {
    'openssl pkcs12': `-passin 'pass:${passphrase}'`,
    'openssl pkcs8': `-passin 'pass:${passphrase}' -passout 'pass:${passphrase}'`,
    'ssh-keygen -p': `-P '${passphrase}'`,
    'keytool -importkeystore': `-srcstorepass '${passphrase}' -deststorepass '${passphrase}'`,
    puttygen: `--old-passphrase '${passphraseFile}'`,
    gpg: `--batch --pinentry-mode loopback --passphrase '${passphrase}'`,
  }
  return Object.entries(flags).reduce(
    (line, [start, more]) => line.replace(start, `${start} ${more}`),
    command,
  )
}

/** ssh-keygen before 9.6 cannot write Ed25519 keys as PKCS#8. */
function oldSsh(spec: string, verdict: Verdict): string | false {
  if (
    spec !== 'ED25519' ||
    !['openssh-ed25519', 'putty'].includes(verdict) ||
    missing('ssh-keygen') !== false
  )
    return false
  const made = by(
    'ssh-keygen',
    '',
    '-q',
    '-t',
    'ed25519',
    '-m',
    'PKCS8',
    '-N',
    '',
    '-f',
    'OUT',
  ).toString()
  return made.includes('BEGIN PRIVATE KEY') ? false : 'not installed: ssh-keygen 9.6 or later'
}

describe('the server accepts and refuses the same private keys, in the same words', () => {
  for (const [i, row] of asTheServerReads.entries()) {
    const [what, spec, , verdict] = row
    const content = contentOf(row)
    test(`${spec}: ${what}: ${verdict}`, async () => {
      const said = byServer(spec, content)
      if (verdict === 'read') assert.equal(said, undefined)
      else assert.notEqual(said, undefined)
      if (verdict.startsWith('key-'))
        assert.equal(
          `${said}.`,
          (await byConsole(written(`server-${i}`, content), spec)).words.replace('This', 'this'),
        )
    })
  }
})

test('--reading is obeyed, and only it removes a line break', async () => {
  const file = written('encoded', hex)
  assert.deepEqual(await materialFrom(file, keySpec('AES_256'), { reading: 'hex' }), secret)
  await assert.rejects(
    materialFrom(file, keySpec('AES_256'), { reading: 'base64' }),
    /has the wrong size; the right size results from hex/,
  )
  await assert.rejects(
    materialFrom(file, keySpec('AES_256'), { reading: 'octal' }),
    /--reading must be one of: raw, hex, base64/,
  )
  const broken = written('broken', Buffer.concat([secret, Buffer.from('\n')]))
  await assert.rejects(materialFrom(broken, keySpec('AES_256'), {}), /add --reading raw-line/)
  assert.deepEqual(await materialFrom(broken, keySpec('AES_256'), { reading: 'raw-line' }), secret)
})
