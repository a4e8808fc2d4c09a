/** The commands that wrap material for one key, to be typed on the computer that holds it. */
import { commandLine, commandOf } from '../../../../../src/domain/command-line.ts'
import { isAsymmetric, type KeySpec } from '../../../../../src/domain/keys/key-specs.ts'

export const tools = ['openssl', 'pkcs11', 'holdfast'] as const
export type Tool = (typeof tools)[number]

/** The key that the material is wrapped for. */
export type Target = {
  readonly id: string
  readonly spec: KeySpec
  /** Whether it has material that it belongs to: it takes no other, so none is made. */
  readonly isHeld: boolean
}

/**
 * The files they make hold secrets: nobody else may read them, and the command line takes no
 * others.
 */
const forOwnerAlone = 'umask 077'
const oaep = [
  '-pkeyopt rsa_padding_mode:oaep',
  '-pkeyopt rsa_oaep_md:sha256',
  '-pkeyopt rsa_mgf1_md:sha256',
]

export function wrapCommands(tool: Tool, target: Target): string {
  const make = makeWords(tool, target)
  const wrap = { openssl: byOpenSsl, pkcs11: byHsm, holdfast: byHoldfast }[tool](target)
  const secret = tool === 'pkcs11' ? [] : [forOwnerAlone]
  // Nothing is made over a file that is there.
  const made =
    make === undefined ? [] : [commandOf(`test -e ${materialFile(tool, target)} ||`, ...make)]
  return [...secret, ...made, ...wrap].join('\n')
}

/** Whether its commands make material where there is no file yet. */
export function makesMaterial(tool: Tool, target: Target): boolean {
  return makeWords(tool, target) !== undefined
}

/** Undefined for a key that takes no material but its own, and for what the tool does not make. */
function makeWords(tool: Tool, target: Target): readonly string[] | undefined {
  const { spec, isHeld } = target
  if (isHeld || tool === 'pkcs11') return undefined
  const file = materialFile(tool, target)
  if (tool === 'holdfast')
    return [commandLine, 'material generate', `--spec ${spec.name}`, `--out ${file}`]
  return openSslWords(spec, file)
}

function openSslWords(spec: KeySpec, file: string): readonly string[] | undefined {
  switch (spec.kind) {
    case 'symmetric':
    case 'hmac':
      return ['openssl rand', `-out ${file}`, String(spec.materialBytes)]
    case 'rsa':
      return [
        'openssl genpkey',
        '-algorithm RSA',
        `-pkeyopt rsa_keygen_bits:${spec.modulusBits}`,
        `-out ${file}`,
      ]
    case 'ec':
      return [
        'openssl genpkey',
        '-algorithm EC',
        `-pkeyopt ec_paramgen_curve:${spec.curve}`,
        `-out ${file}`,
      ]
    case 'ed':
      return ['openssl genpkey', `-algorithm ${spec.openSsl}`, `-out ${file}`]
    case 'ml-dsa':
      // OpenSSL makes and converts them from 3.5 on only, and holds the expanded key as well as the
      // seed.
      return undefined
  }
}

/** The command line makes private keys in DER, OpenSSL in PEM. */
function materialFile(tool: Tool, { spec }: Target): string {
  if (!isAsymmetric(spec)) return 'material.bin'
  return tool === 'holdfast' ? 'key.der' : 'key.pem'
}

function byOpenSsl({ id, spec }: Target): string[] {
  const encrypt = (from: string, to: string): string =>
    commandOf(
      'openssl pkeyutl -encrypt -pubin -keyform DER',
      `-inkey wrap-${id}.der`,
      `-in ${from}`,
      `-out ${to}`,
      ...oaep,
    )
  if (!isAsymmetric(spec)) return [encrypt('material.bin', 'wrapped.bin')]
  return [
    commandOf('openssl pkcs8 -topk8 -nocrypt', '-in key.pem', '-outform DER', '-out key.der'),
    'openssl rand -out temporary.key 32',
    encrypt('temporary.key', 'wrapped.bin'),
    commandOf(
      'openssl enc -id-aes256-wrap-pad -iv A65959A6',
      "-K $(od -An -v -tx1 temporary.key | tr -d ' \\n')",
      '-in key.der',
      '-out wrapped-key.bin',
    ),
  ]
}

/**
 * The material is the object with ID 01. OpenSC 0.26 is the first whose tool wraps private keys and
 * knows RFC 5649.
 */
function byHsm({ id, spec }: Target): string[] {
  const hsm = (...words: readonly string[]): string =>
    commandOf('pkcs11-tool --module $MODULE --login', ...words)
  const key = hsm('--write-object', `wrap-${id}.der`, '--type pubkey', '--id 02', '--usage-wrap')
  const wrap = (wrapped: string): string =>
    hsm(
      '--wrap',
      '--mechanism RSA-PKCS-OAEP',
      '--hash-algorithm SHA256',
      '--mgf MGF1-SHA256',
      '--id 02',
      `--application-id ${wrapped}`,
      '--output-file wrapped.bin',
    )
  if (!isAsymmetric(spec)) return [key, wrap('01')]
  return [
    key,
    hsm('--keygen', '--key-type AES:32', '--id 03', '--extractable', '--usage-wrap'),
    wrap('03'),
    hsm(
      '--wrap',
      '--mechanism AES-KEY-WRAP-PAD',
      '--type privkey',
      '--id 03',
      '--application-id 01',
      '--output-file wrapped-key.bin',
    ),
  ]
}

function byHoldfast(target: Target): string[] {
  const material = [`--spec ${target.spec.name}`, `--material ${materialFile('holdfast', target)}`]
  return [
    commandOf(commandLine, 'material check', `--key-id ${target.id}`, ...material),
    commandOf(
      commandLine,
      'material wrap',
      '--parameters',
      `parameters-${target.id}.json`,
      ...material,
      '--out wrapped.json',
    ),
  ]
}
