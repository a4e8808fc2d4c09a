/**
 * An error discards nothing: what was typed, pasted or chosen as material stays in its field until
 * it is read.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { importTexts } from '../../../console/src/features/import/texts.en.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

describe('the fields of material', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let page: Page
  before(async () => {
    stage = await ConsoleStage.start()
    page = (await stage.person('')).page
  })
  after(() => stage[Symbol.asyncDispose]())

  const hex = randomBytes(32).toString('hex')
  const wrongTexts: readonly (readonly [what: string, text: string, says: RegExp])[] = [
    [
      'a slip',
      `${hex.slice(0, 63)}O`,
      /63 of 64 characters are hexadecimal; character 64 is not\./,
    ],
    ['a digit too few', hex.slice(1), /This has 63 hexadecimal digits; AES_256 needs 64\./],
    [
      'a private key',
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      /ED25519/,
    ],
    ['settings', `KEY=${hex}`, /names or quotes around a value/],
    ['nothing but blanks', '   ', /only blanks and line breaks/],
  ]

  test('a text that is refused stays and can be corrected in place, and the field is emptied once it is read', async () => {
    await wizard.createEmpty(
      page,
      stage.url(''),
      'kept-text',
      'Encrypt and decrypt data',
      'AES_256',
    )
    const field = page.locator('#pasted-material')
    for (const [what, text, says] of wrongTexts) {
      await wizard.pasteText(page, text)
      await page.locator('[role=alert]', { hasText: says }).waitFor()
      assert.equal(await field.inputValue(), text, what)
    }
    await field.fill(hex)
    await page.getByRole('button', { name: 'Read it' }).click()
    await page.locator('.panel', { hasText: 'Your material' }).waitFor()
    await page.getByRole('button', { name: importTexts.import.read.again }).click()
    assert.equal(await field.inputValue(), '', 'material that was read is no longer in the page')
  })

  test('a file that is refused is still named at its field, and a wrong passphrase stays until the right one opens it', async () => {
    await wizard.createEmpty(page, stage.url(''), 'kept-file', 'Sign and verify', 'EC_P256')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await wizard.chooseFile(page, randomBytes(32), 'not a key.bin')
    await page
      .locator('[role=alert]', { hasText: 'No private key could be read from this.' })
      .waitFor()
    assert.match((await page.locator('.drop-zone').textContent()) ?? '', /not a key\.bin/)
    const locked = privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'right',
    })
    await wizard.chooseFile(page, locked, 'locked.pem')
    const passphrase = page.getByLabel('Passphrase', { exact: true })
    for (const wrong of ['wrong', 'right but \ud83d', 'too long'.repeat(200)]) {
      await passphrase.fill(wrong)
      await page.getByRole('button', { name: 'Open it' }).click()
      await page
        .locator('.field', {
          hasText: /does not open this file|half of a character|longer than 1024 bytes/,
        })
        .waitFor()
      assert.equal(await passphrase.inputValue(), wrong.toWellFormed())
    }
    await passphrase.fill('right')
    await page.getByRole('button', { name: 'Open it' }).click()
    await page.locator('.panel', { hasText: 'Your material' }).waitFor()
    assert.equal(await page.locator('input[type=password]').count(), 0)
  })

  test('more than a million bytes are refused before they are read, in the words of the command line', async () => {
    await wizard.createEmpty(
      page,
      stage.url(''),
      'kept-large',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await wizard.chooseFile(page, Buffer.alloc(1_000_001, 7), 'disk.img')
    const says =
      'This file has 1000001 bytes; a file with key material has at most 1000000. Choose another file.'
    await page.locator('[role=alert]', { hasText: says }).waitFor()
  })
})
