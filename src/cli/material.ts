/** `holdfast material ...`: the owner's side, without a server. */
import { createPrivateKey, createPublicKey, hash, randomFillSync } from 'node:crypto'
import { generatePrivateKey, vetPrivateKey } from '../crypto/asymmetric/private-keys.ts'
import { checkValue } from '../crypto/formats/association.ts'
import { KmsError } from '../domain/errors.ts'
import { isUuid } from '../domain/ids.ts'
import {
  type AsymmetricSpec,
  isAsymmetric,
  type KeySpec,
  type KeySpecName,
  keySpecs,
  type SecretSpec,
} from '../domain/keys/key-specs.ts'
import { materialFault } from '../domain/material/material-checks.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { CliFailure } from './failure.ts'
import { checkOut, readFile, shellWord, writeNewFile } from './files.ts'
import { materialFrom, type ReadFlags } from './material-file.ts'
import { type Print, print, progress } from './output.ts'
import { readParameters, wrapMaterial } from './wrapping.ts'

export type GenerateFlags = { spec: string; out: string }
export type WrapFlags = ReadFlags & {
  material: string
  parameters: string
  spec: string
  out: string
}
export type CheckFlags = ReadFlags & { keyId: string; spec: string; material: string }

/**
 * Generates material from the operating system's random source, in a file that only its owner can
 * read.
 */
export function generateMaterial({ json }: Print, flags: GenerateFlags): void {
  const spec = specOf(flags.spec)
  checkOut([flags.out])
  progress(`generating ${spec.name} material ...`)
  using material = Wiped.of(
    isAsymmetric(spec)
      ? generatePrivateKey(spec).pkcs8
      : randomFillSync(new Uint8Array(spec.materialBytes)),
  )
  writeNewFile(flags.out, material.bytes)
  const form = isAsymmetric(spec) ? 'PKCS#8, DER' : `${spec.materialBytes} raw bytes`
  print({ json }, { file: flags.out, spec: spec.name, form }, [
    `${flags.out}: ${spec.name} material (${form}); this file is your backup: keep it safe`,
  ])
}

/** @param flags.parameters file with the response of get-parameters-for-import. */
export async function wrapForImport({ json }: Print, flags: WrapFlags): Promise<void> {
  const spec = specOf(flags.spec)
  const parameters = readParameters(flags.parameters, readFile(flags.parameters))
  const wrapped = wrapMaterial(parameters, await materialFrom(flags.material, spec, flags), spec)
  writeNewFile(flags.out, Buffer.from(`${JSON.stringify(wrapped, null, 2)}\n`))
  print({ json }, { file: flags.out, key_id: wrapped.key_id }, [
    `${flags.out}: wrapped for key ${wrapped.key_id}; import it with: holdfast key import ${wrapped.key_id} --wrapped ${shellWord(flags.out)}`,
  ])
}

/**
 * Prints the value that identifies a backup, and what an import would reject. Exit code 1 if an
 * import would reject it.
 */
export async function checkMaterial({ json }: Print, flags: CheckFlags): Promise<void> {
  const spec = specOf(flags.spec)
  if (!isUuid(flags.keyId))
    throw new CliFailure(
      'usage',
      '--key-id must be the ID of a key, for example 0d0466b0-e727-4d9c-b35d-f84bb474a37f',
    )
  using material = Wiped.of(await materialFrom(flags.material, spec, flags))
  const found = isAsymmetric(spec)
    ? privateKeyCheck(spec, material.bytes)
    : secretCheck(flags.keyId, spec, material.bytes)
  const verdict =
    found.fault === undefined ? 'no problems found' : `an import would refuse it: ${found.fault}`
  print({ json }, { key_id: flags.keyId, spec: spec.name, ...found }, [
    `${found.label}: ${found.value}`,
    verdict,
  ])
  if (found.fault !== undefined) process.exitCode = 1
}

type Check = { readonly label: string; readonly value: string; readonly fault: string | undefined }

function secretCheck(keyId: string, spec: SecretSpec, material: Uint8Array): Check {
  return {
    label: 'check value',
    value: checkValue(keyId, spec.name, material),
    fault: materialFault(material)?.reason,
  }
}

function privateKeyCheck(spec: AsymmetricSpec, pkcs8: Buffer): Check {
  const label = 'SHA-256 of the public key (SubjectPublicKeyInfo)'
  try {
    const pair = vetPrivateKey(spec, pkcs8)
    using _vetted = Wiped.of(pair.pkcs8)
    return { label, value: hash('sha256', pair.spki, 'hex'), fault: undefined }
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    const publicKey = createPublicKey(
      createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    )
    return {
      label,
      value: hash('sha256', publicKey.export({ format: 'der', type: 'spki' }), 'hex'),
      fault: error.message,
    }
  }
}

function specOf(name: string): KeySpec {
  if (Object.hasOwn(keySpecs, name)) return keySpecs[name as KeySpecName]
  throw new CliFailure('usage', `--spec must be one of: ${Object.keys(keySpecs).join(', ')}`)
}
