/**
 * Passphrase files that earlier releases used byte for byte: they open what was closed with them,
 * but close nothing new.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { CliFailure } from '../../src/cli/failure.ts'
import { earlierPassphraseFromFile, passphraseFromFile } from '../../src/cli/passphrase-source.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { secretCopy } from '../../src/domain/material/secret-bytes.ts'
import type { RootSlotRow } from '../../src/domain/rows.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { RootUnavailable } from '../../src/ports/root.ts'
import { PassphraseKeeper } from '../../src/root/passphrase-keeper.ts'
import { SlottedRoot } from '../../src/root/slots.ts'
import { FakeClock } from '../fakes/clock.ts'

const cost = { memoryKib: 64, passes: 1, lanes: 1 }
const deployment = '00'.repeat(16)
const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function rootOf(passphrase: () => Secret, earlier?: () => Secret | undefined): SlottedRoot {
  const parts = {
    passphrase: async () => passphrase(),
    random: systemRandom,
    cost,
    ...(earlier !== undefined && { earlier }),
  }
  return new SlottedRoot({
    keeper: new PassphraseKeeper(parts),
    clock: new FakeClock(0),
    random: systemRandom,
  })
}

async function closedWith(bytes: Uint8Array): Promise<RootSlotRow> {
  const { slot } = await rootOf(() => Secret.own(secretCopy(bytes))).create(deployment)
  return slot as RootSlotRow
}

function fileOf(content: Uint8Array): string {
  const file = join(folder, 'passphrase')
  rmSync(file, { force: true })
  writeFileSync(file, content, { mode: 0o600 })
  return file
}

/** Opens with a file, as the service does. */
function opened(content: Uint8Array, slot: RootSlotRow): Promise<unknown> {
  const file = fileOf(content)
  return rootOf(
    () => passphraseFromFile(file),
    () => earlierPassphraseFromFile(file),
  ).open(deployment, [slot])
}

const text = 'größer als eine Brücke'
const random = Buffer.concat([randomBytes(31), Buffer.of(0xff)])
const other = Buffer.from('another passphrase')

/** A file -> the bytes that closed the root when the file was used byte for byte. */
const files: readonly (readonly [what: string, content: Uint8Array, taken: Uint8Array])[] = [
  ['a byte order mark', Buffer.from(`\ufeff${text}\r\n`), Buffer.from(`\ufeff${text}`)],
  ['Latin-1', Buffer.from(`${text}\n`, 'latin1'), Buffer.from(text, 'latin1')],
  ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['random bytes', random, random],
  [
    'two lines',
    Buffer.from('correct horse\nbattery staple\n'),
    Buffer.from('correct horse\nbattery staple'),
  ],
  [
    'a control character',
    Buffer.from('correct\u0015horse battery'),
    Buffer.from('correct\u0015horse battery'),
  ],
  ['many bytes', Buffer.alloc(2000, 'x'), Buffer.alloc(2000, 'x')],
]

describe('a root that was closed with the bytes of a file', () => {
  for (const [what, content, taken] of files) {
    const isText = what === 'a byte order mark'

    test(`with ${what} opens with that file, and other roots do not`, async () => {
      assert.ok(await opened(content, await closedWith(taken)))
      const refused = isText ? RootUnavailable : CliFailure
      await assert.rejects(opened(content, await closedWith(other)), refused)
      await assert.rejects(opened(other, await closedWith(taken)), RootUnavailable)
    })

    test(`with ${what}: a new root is not closed with it`, async () => {
      const file = fileOf(content)
      const made = rootOf(
        () => passphraseFromFile(file),
        () => earlierPassphraseFromFile(file),
      ).create(deployment)
      if (isText) assert.ok(await opened(Buffer.from(text), (await made).slot as RootSlotRow))
      else await assert.rejects(made, CliFailure)
    })
  }

  test('is tried once if a file has only one reading', () => {
    for (const content of [text, `${text}\n`, `${text}\r\n`, ' a '])
      assert.equal(earlierPassphraseFromFile(fileOf(Buffer.from(content))), undefined, content)
  })
})
