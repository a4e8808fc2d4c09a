/**
 * HMAC keys in the console: created, used in Try it, imported by the wizard, and what the dialogs
 * say about them; in both languages.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import { commandLine, commandOf } from '../../../src/domain/command-line.ts'
import type { HuaweiClient } from '../../e2e/client.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

const kind = 'Generate and verify MACs'

describe('HMAC keys in the console', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let page: Page
  let client: HuaweiClient
  before(async () => {
    stage = await ConsoleStage.start()
    page = (await stage.person()).page
    client = stage.server.client()
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
  })
  const open = (path: string): Promise<unknown> => page.goto(stage.url(path))
  const operation = (name: string) =>
    page.locator('.tabs').getByRole('button', { name, exact: true })
  const run = (name: string): Promise<void> =>
    page.locator('form').getByRole('button', { name, exact: true }).click()

  test('created, it makes MACs in Try it and tells a right one from a wrong one', async () => {
    await open('/keys/new')
    await page.getByRole('radio', { name: kind }).check()
    const specs = await page.getByLabel('Spec').locator('option').allTextContents()
    assert.deepEqual(specs, ['HMAC_256', 'HMAC_384', 'HMAC_512', 'HMAC_SM3'])
    await page.getByLabel('Spec').selectOption('HMAC_SM3')
    assert.equal(await page.getByRole('checkbox', { name: 'Rotate on a schedule' }).count(), 0)
    await page.getByLabel('Alias').fill('seal')
    const command = commandOf(
      commandLine,
      'key create',
      '--alias seal',
      '--spec HMAC_SM3',
      '--usage GENERATE_VERIFY_MAC',
    )
    await page.getByText(command).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.locator('.page-head .status', { hasText: 'Enabled' }).waitFor()
    await page.getByText('Generates and verifies MACs.').waitFor()
    await page.getByRole('link', { name: 'Try it' }).last().click()
    await operation('Verify MAC').waitFor()
    assert.deepEqual(await page.locator('.tabs button').allTextContents(), [
      'Generate MAC',
      'Verify MAC',
    ])

    await run('Generate MAC')
    await page.getByText('This is empty or not text. Nothing was sent.').waitFor()
    await page.getByLabel('Message').fill('four anvils, 四个铁砧')
    await run('Generate MAC')
    const mac = (await page.locator('output[aria-label=MAC]').textContent()) ?? ''
    assert.match(mac, /^[0-9a-f]{64}$/)

    await operation('Verify MAC').click()
    const message = Buffer.from('four anvils, 四个铁砧')
    for (const [form, text] of [
      ['hex', message.toString('hex')],
      ['base64', message.toString('base64')],
    ] as const) {
      await page.getByLabel('Form').selectOption(form)
      await page.getByLabel('Message').fill(text)
      for (const written of [
        mac,
        mac.toUpperCase().replaceAll(/..../g, '$& '),
        Buffer.from(mac, 'hex').toString('base64'),
      ]) {
        await page.getByLabel('MAC (hexadecimal or base64)').fill(written)
        await run('Verify MAC')
        await page.getByText('The MAC is valid.').waitFor()
      }
    }
    await page.getByLabel('Form').selectOption('file')
    await page.locator('form input[type=file]').setInputFiles({
      name: 'm',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('other'),
    })
    await run('Verify MAC')
    await page.getByText('The MAC is not valid for this message and key.').waitFor()
    for (const none of ['', 'abc', 'not one']) {
      await page.getByLabel('MAC (hexadecimal or base64)').fill(none)
      await run('Verify MAC')
      await page
        .getByText('This is not a MAC in hexadecimal or base64. Nothing was sent.')
        .waitFor()
    }
  })

  test('made here, its page says why it does not rotate, and has no public key', async () => {
    const id = await client.createKey({ key_spec: 'HMAC_256' })
    await open(`/keys/${id}/rotation`)
    await page
      .getByText('HMAC keys do not rotate: a MAC does not show which version made it.')
      .waitFor()
    assert.equal(await page.getByRole('link', { name: 'Public key' }).count(), 0)
  })

  test('the wizard takes 48 bytes for HMAC_384 in any form, and hexadecimal of 32 bytes in none', async () => {
    const material = randomBytes(48)
    const id = await wizard.createEmpty(page, stage.url(''), 'own-seal', kind, 'HMAC_384')
    await wizard.pasteText(page, randomBytes(32).toString('hex'))
    await page
      .getByText('HMAC_384 needs exactly 48 bytes; this is 32. It was read as hexadecimal.')
      .waitFor()
    await page.getByRole('radio', { name: 'A file', exact: true }).check()
    await wizard.chooseFile(page, `${material.toString('hex')}\n`, 'material.hex')
    await page.locator('.panel', { hasText: 'Your material' }).waitFor()
    assert.equal(await wizard.shownValue(page), checkValue(id, 'HMAC_384', material))
    await wizard.next(page)
    await wizard.importFromChecks(page, false)
    const message = randomBytes(40)
    const fields = {
      key_id: id,
      mac_algorithm: 'HMAC_SHA_384',
      message: message.toString('base64'),
    }
    const theirs = createHmac('sha384', material).update(message).digest('hex')
    assert.equal((await client.ok('generate-mac', fields)).mac, theirs)

    await open(`/keys/${id}/danger`)
    await page.getByRole('button', { name: 'Delete material' }).click()
    await page.getByText('no MAC can be generated or verified with this key').waitFor()
    await page.getByText('MACs made with it can no longer be verified').waitFor()
    await page.getByRole('button', { name: 'Keep material' }).click()
    await page.getByRole('button', { name: 'Schedule deletion' }).click()
    await page
      .getByText(
        'no MAC made with it can be verified, unless another key or its owner has the same material',
      )
      .waitFor()
    assert.equal(await page.getByText('nothing encrypted with it can be decrypted').count(), 0)
  })

  for (const [spec, size] of [
    ['HMAC_256', 32],
    ['HMAC_384', 48],
    ['HMAC_512', 64],
    ['HMAC_SM3', 32],
  ] as const)
    test(`${spec}: the wizard makes ${size} bytes`, async () => {
      const id = await wizard.createEmpty(page, stage.url(''), `made-${spec}`, kind, spec)
      await page.getByRole('radio', { name: 'Make it here' }).check()
      await page.getByRole('button', { name: `Make ${size} bytes` }).click()
      await page.getByRole('button', { name: 'Show' }).click()
      const shown = Buffer.from((await page.locator('.panel pre.code').textContent()) ?? '', 'hex')
      assert.equal(shown.length, size)
      assert.equal(checkValue(id, spec, shown), await wizard.shownValue(page))
      await wizard.next(page)
      await wizard.importFromChecks(page, false)
      assert.equal((await client.describe(id)).key_state, '2')
    })

  test('the list finds them by usage', async () => {
    await open('/keys?usage=GENERATE_VERIFY_MAC')
    await page.locator('.table').getByText('seal', { exact: true }).waitFor()
    assert.equal(
      await page.getByLabel('Usage', { exact: true }).inputValue(),
      'GENERATE_VERIFY_MAC',
    )
  })

  test('they are translated into Chinese too', async () => {
    const id = await client.createKey({ key_spec: 'HMAC_512' })
    const { page: tried } = await stage.person(`/try?key=${id}`, { locale: 'zh-CN' })
    await tried.locator('.tabs button').first().waitFor()
    assert.deepEqual(await tried.locator('.tabs button').allTextContents(), [
      '生成消息验证码',
      '校验消息验证码',
    ])
    await tried.getByRole('textbox', { name: '消息', exact: true }).fill('四个铁砧')
    await tried.locator('form').getByRole('button', { name: '生成消息验证码' }).click()
    assert.match((await tried.locator('output').textContent()) ?? '', /^[0-9a-f]{128}$/)
  })
})
