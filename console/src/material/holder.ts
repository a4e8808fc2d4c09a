/**
 * Holds at most one material and one opened backup of it, and answers what the page asks about
 * them. Runs in a worker of its own.
 */

import { lockOfAge } from '../../../src/custody/age-file.ts'
import { sealBackup } from '../../../src/custody/backup-file.ts'
import {
  type Holding,
  notOpened,
  openEncryptedPkcs8,
  planOf,
} from '../../../src/custody/material/encrypted-pkcs8.ts'
import { look, lookInBackup, type Seen } from '../../../src/custody/material/formats.ts'
import { privateKeyFor } from '../../../src/custody/material/private-key.ts'
import type { Reading } from '../../../src/custody/material/verdicts.ts'
import { typedPassphrase } from '../../../src/custody/passphrase.ts'
import { makeShares } from '../../../src/custody/shares.ts'
import { isAsymmetric, type KeySpec, keySpec } from '../../../src/domain/keys/key-specs.ts'
import { Wiped, wipe } from '../../../src/domain/material/wiped.ts'
import {
  ageRefusal,
  type Content,
  openAge,
  openShares,
  pairBackup,
  secretBackup,
  typedRefusal,
} from './backups.ts'
import { privateKeyChecks, secretChecks } from './checks.ts'
import { checkValueOf, fingerprintOf } from './identity.ts'
import { makeMaterial } from './make.ts'
import type {
  Facts,
  ProveAnswer,
  ReadAnswer,
  ReadForm,
  Refused,
  Reply,
  Requests,
  ShareText,
  Target,
  Wrapped,
} from './protocol.ts'
import { wrapMaterial } from './wrap.ts'

/** What a question is waiting for. */
type Waiting =
  | {
      readonly kind: 'readings'
      readonly readings: readonly { readonly reading: Reading; readonly material: Uint8Array }[]
    }
  | { readonly kind: 'line-break'; readonly material: Uint8Array }
  | ({ readonly kind: 'encrypted-pkcs8'; readonly der: Uint8Array } & Holding)
  | { readonly kind: 'age'; readonly file: Uint8Array }

type Held = { readonly material: Uint8Array; readonly facts: Facts; readonly isPrivateKey: boolean }

export class MaterialHolder {
  #target: Target | undefined
  #waiting: Waiting | undefined
  #held: Held | undefined
  #backup: Uint8Array | undefined

  async make({ target }: Requests['make']['ask']): Promise<Facts> {
    this.wipe()
    this.#target = target
    const spec = keySpec(target.spec)
    const made = await makeMaterial(spec)
    const read = isAsymmetric(spec)
      ? await this.#takePrivateKey(made, 0)
      : await this.#takeSecret(made, 'raw', 0)
    if (read.kind !== 'read') throw new TypeError('what was just made cannot be read')
    return read.facts
  }

  /** @param bytes given up by the caller: they are wiped. */
  async read({ target, bytes, isText }: Requests['read']['ask']): Promise<ReadAnswer> {
    using given = Wiped.of(new Uint8Array(bytes))
    this.wipe()
    this.#target = target
    const seen = look(given.bytes, isText, keySpec(target.spec))
    return this.#takeSeen(seen, given.bytes.length)
  }

  async reply({ reply }: Requests['reply']['ask']): Promise<ReadAnswer> {
    const waiting = this.#waiting
    if (waiting === undefined) throw new TypeError('nothing was asked')
    if ('reading' in reply && waiting.kind === 'readings')
      return this.#chooseReading(waiting.readings, reply.reading)
    if ('leaveOutLineBreak' in reply && waiting.kind === 'line-break')
      return this.#takeSecret(waiting.material, 'raw', 0)
    if ('passphrase' in reply && waiting.kind === 'encrypted-pkcs8')
      return this.#openPkcs8(waiting, reply)
    if ('passphrase' in reply && waiting.kind === 'age') return this.#openAge(waiting.file, reply)
    throw new TypeError('the reply is to another question')
  }

  async readShares({ target, texts }: Requests['readShares']['ask']): Promise<ReadAnswer> {
    this.wipe()
    this.#target = target
    const opened = await openShares(texts)
    return opened.kind === 'refused' ? opened : this.#takeContent(opened, 'shares')
  }

  show(): { text: string } {
    const { material, isPrivateKey } = this.#holding()
    if (!isPrivateKey) return { text: material.toHex() }
    const lines = material.toBase64().match(/.{1,64}/g) ?? []
    return {
      text: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'),
    }
  }

  wrap({ publicKey, of }: Requests['wrap']['ask']): Promise<Wrapped> {
    const { material, isPrivateKey } = this.#holding()
    const bytes = of === 'material' ? material : this.#backup
    if (bytes === undefined) throw new TypeError('no backup was proved')
    return wrapMaterial(publicKey, bytes, isPrivateKey)
  }

  async seal({ passphrase }: Requests['seal']['ask']): Promise<{ file: ArrayBuffer }> {
    const file = await sealBackup(this.#holding().material, {
      passphrase: typedPassphrase(passphrase),
    })
    return { file: Uint8Array.from(file).buffer as ArrayBuffer }
  }

  async share({ count, threshold }: Requests['share']['ask']): Promise<{ shares: ShareText[] }> {
    const shares = await makeShares(this.#holding().material, count, threshold)
    return {
      shares: shares.map(({ number, set, words }) => ({ number, threshold, count, set, words })),
    }
  }

  async prove({ file, passphrase }: Requests['prove']['ask']): Promise<ProveAnswer> {
    return this.#compare(await openAge(new Uint8Array(file), passphrase))
  }

  async proveShares({ texts }: Requests['proveShares']['ask']): Promise<ProveAnswer> {
    return this.#compare(await openShares(texts))
  }

  /** Overwrites everything that is held. */
  wipe(): object {
    wipe(this.#held?.material, this.#backup)
    this.#forgetQuestion()
    this.#held = undefined
    this.#backup = undefined
    return {}
  }

  #forgetQuestion(): void {
    const waiting = this.#waiting
    if (waiting?.kind === 'readings') wipe(...waiting.readings.map(({ material }) => material))
    if (waiting?.kind === 'line-break') wipe(waiting.material)
    if (waiting?.kind === 'encrypted-pkcs8') wipe(waiting.der)
    this.#waiting = undefined
  }

  #holding(): Held {
    if (this.#held === undefined) throw new TypeError('no material is held')
    return this.#held
  }

  #aim(): { target: Target; spec: KeySpec } {
    if (this.#target === undefined) throw new TypeError('the key is not known')
    return { target: this.#target, spec: keySpec(this.#target.spec) }
  }

  /** @param form where it came from, if not from a file of its own. */
  async #takeSeen(seen: Seen, characters: number, form?: ReadForm): Promise<ReadAnswer> {
    switch (seen.kind) {
      case 'refused':
        return seen
      case 'symmetric': {
        const [only, ...others] = seen.readings
        if (only !== undefined && others.length === 0)
          return this.#takeSecret(only.material, form ?? only.reading, characters)
        this.#waiting = { kind: 'readings', readings: seen.readings }
        return { kind: 'ask', readings: seen.readings.map(({ reading }) => reading) }
      }
      case 'material':
        return this.#takeSecret(seen.material, form ?? seen.form, characters)
      case 'line-break':
        this.#waiting = seen
        return { kind: 'line-break', sizeBytes: seen.material.length }
      case 'private-key':
        return this.#takePrivateKey(seen.der, characters, form ?? seen.form)
      case 'encrypted-pkcs8': {
        using der = Wiped.of(seen.der)
        const plan = planOf(der.bytes)
        if ('kind' in plan) return notOpened(plan, seen)
        this.#waiting = { ...seen, der: der.release() }
        return { kind: 'passphrase', of: 'pkcs8' }
      }
      case 'age':
        try {
          await lockOfAge(seen.file)
        } catch (error) {
          return ageRefusal(error)
        }
        this.#waiting = seen
        return { kind: 'passphrase', of: 'age' }
    }
  }

  #chooseReading(
    readings: readonly { readonly reading: Reading; readonly material: Uint8Array }[],
    reading: Reading,
  ) {
    const chosen = readings.find((one) => one.reading === reading)
    if (chosen === undefined) throw new TypeError('that reading was not offered')
    return this.#takeSecret(chosen.material, reading, 0)
  }

  async #openPkcs8(
    locked: Waiting & { kind: 'encrypted-pkcs8' },
    { passphrase }: Reply & { passphrase: string },
  ): Promise<ReadAnswer> {
    const refusal = typedRefusal(passphrase)
    if (refusal !== undefined) return refusal
    using typed = Wiped.of(new TextEncoder().encode(typedPassphrase(passphrase)))
    const opened = await openEncryptedPkcs8(locked.der, typed.bytes)
    if (opened.kind !== 'opened') return notOpened(opened, locked)
    return this.#takePrivateKey(opened.pkcs8, 0, 'encrypted-pkcs8')
  }

  async #openAge(
    file: Uint8Array,
    { passphrase }: Reply & { passphrase: string },
  ): Promise<ReadAnswer> {
    const opened = await openAge(file, passphrase)
    return opened.kind === 'refused' ? opened : this.#takeContent(opened, 'age')
  }

  /**
   * What a backup held: the material itself, or any file that holds it, since the command line
   * seals any file.
   */
  #takeContent({ content }: Content, form: ReadForm): Promise<ReadAnswer> {
    using opened = Wiped.of(content)
    const { spec } = this.#aim()
    this.#forgetQuestion()
    const seen = lookInBackup(opened.bytes, spec)
    return this.#takeSeen(seen, 0, form)
  }

  /** @param material wiped; it may be part of the question, which is then forgotten. */
  async #takeSecret(material: Uint8Array, form: ReadForm, characters: number): Promise<ReadAnswer> {
    using given = Wiped.of(material)
    using kept = Wiped.of(Uint8Array.from(given.bytes))
    this.#forgetQuestion()
    const { target, spec } = this.#aim()
    if (isAsymmetric(spec)) throw new TypeError('raw bytes for a key pair')
    const checkValue = checkValueOf(target, kept.bytes)
    const expected = target.expected?.checkValue ?? undefined
    const checks = secretChecks(spec, kept.bytes, { found: checkValue, expected })
    return this.#hold(
      {
        isPrivateKey: false,
        checkValue,
        fingerprint: null,
        checks,
        sizeBytes: kept.bytes.length,
        material: kept.release(),
      },
      form,
      characters,
    )
  }

  /** @param der wiped. */
  async #takePrivateKey(der: Uint8Array, characters: number, form?: ReadForm): Promise<ReadAnswer> {
    const { target, spec } = this.#aim()
    if (!isAsymmetric(spec)) throw new TypeError('a private key for a key that takes bytes')
    const key = privateKeyFor(spec, der)
    this.#forgetQuestion()
    if (key.kind === 'refused') return key
    using material = Wiped.of(key.pkcs8)
    const fingerprint = fingerprintOf(key)
    const expected = target.expected?.fingerprint ?? undefined
    const checks = await privateKeyChecks(spec, key, { found: fingerprint, expected })
    return this.#hold(
      {
        isPrivateKey: true,
        checkValue: null,
        fingerprint,
        checks,
        sizeBytes: material.bytes.length,
        material: material.release(),
      },
      form ?? key.form,
      characters,
    )
  }

  #hold(
    {
      material,
      isPrivateKey,
      ...known
    }: Omit<Facts, 'spec' | 'fit'> & {
      readonly material: Uint8Array
      readonly isPrivateKey: boolean
    },
    form: ReadForm,
    characters: number,
  ): ReadAnswer {
    const fit = known.checks.every(({ result }) => result === 'passed')
    const facts: Facts = { ...known, spec: this.#aim().spec.name, fit }
    this.#held = { material, isPrivateKey, facts }
    return { kind: 'read', facts, form, characters }
  }

  /**
   * Whether an opened backup holds what is held here; one that does is kept for a drill, in the
   * form in which it is wrapped.
   */
  #compare(opened: Content | Refused): ProveAnswer {
    if (opened.kind === 'refused') return opened
    using content = Wiped.of(opened.content)
    const { target, spec } = this.#aim()
    const { facts } = this.#holding()
    const found = isAsymmetric(spec)
      ? pairBackup(spec, content.bytes)
      : secretBackup(spec, target, content.bytes, facts.checkValue)
    if ('kind' in found) return found
    const { checkValue, fingerprint } = found
    using material = Wiped.of(found.material)
    if (checkValue !== facts.checkValue || fingerprint !== facts.fingerprint)
      return { kind: 'other', checkValue, fingerprint }
    wipe(this.#backup)
    this.#backup = material.release()
    return { kind: 'matches', checkValue, fingerprint }
  }
}
