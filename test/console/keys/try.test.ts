/**
 * Try it: what was typed stays, a ciphertext finds its key, and a key without material says how to
 * get some.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { HuaweiClient } from '../../e2e/client.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'

describe('Try it', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let client: HuaweiClient
  let page: Page
  before(async () => {
    stage = await ConsoleStage.start()
    client = stage.server.client()
    ;({ page } = await stage.person('/'))
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
  })
  const open = (path: string): Promise<unknown> => page.goto(stage.url(path))
  const tab = (name: string) => page.locator('.tabs').getByRole('button', { name, exact: true })
  const run = (name: string) => page.locator('form').getByRole('button', { name })
  const plaintext = () => page.locator('output[aria-label="Plaintext"]')

  test('text and context stay when the key or the operation changes, and end with the page', async () => {
    const [one, other] = [
      await client.createKey({ key_alias: 'one' }),
      await client.createKey({ key_alias: 'other' }),
    ]
    await open(`/try?key=${one}`)
    await page.getByLabel('Plaintext').fill('four anvils')
    await page.getByRole('button', { name: 'Add a context entry' }).click()
    await page.getByLabel('Name of context entry 1').fill('order')
    await tab('Data key').click()
    assert.equal(await page.getByLabel('Name of context entry 1').inputValue(), 'order')
    await tab('Encrypt').click()
    assert.equal(await page.getByLabel('Plaintext').inputValue(), 'four anvils')
    await page.getByLabel('Key', { exact: true }).selectOption(other)
    await page.waitForURL(new RegExp(other))
    assert.equal(await page.getByLabel('Plaintext').inputValue(), 'four anvils')
    await tab('Decrypt').click()
    await page.getByLabel('Key', { exact: true }).selectOption(one)
    await run('Decrypt').waitFor()
    await page.getByRole('link', { name: 'Keys' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
    await page.getByRole('link', { name: 'Try it' }).first().click()
    await page.getByLabel('Plaintext').waitFor()
    assert.equal(await page.getByLabel('Plaintext').inputValue(), '')
  })

  test('one more button decrypts what was encrypted; under another key the right one is offered, and a foreign key is named', async () => {
    const [one, other] = [
      await client.createKey({ key_alias: 'cards' }),
      await client.createKey({ key_alias: 'not-cards' }),
    ]
    await open(`/try?key=${one}`)
    await page.getByLabel('Plaintext').fill('four anvils')
    await run('Encrypt').click()
    await page.getByRole('button', { name: 'Decrypt this' }).click()
    const field = page.getByLabel('Ciphertext (base64)')
    const ciphertext = await field.inputValue()
    await run('Decrypt').click()
    await plaintext().waitFor()
    assert.equal(await plaintext().textContent(), 'four anvils')

    await page.getByLabel('Key', { exact: true }).selectOption(other)
    await page.getByText('This ciphertext belongs to cards.').waitFor()
    assert.equal(await plaintext().count(), 0, 'the result of the other key is gone')
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByText('This ciphertext belongs to cards.').waitFor({ state: 'detached' })
    await run('Decrypt').click()
    await plaintext().waitFor()
    assert.equal(await plaintext().textContent(), 'four anvils')

    // The ID of a key is at byte 3 of the header.
    const foreign = Buffer.from(ciphertext, 'base64').fill(0x11, 3, 19).toString('base64')
    await field.fill(foreign)
    await page.getByText('It names the key 11111111-1111-1111-1111-111111111111,').waitFor()
  })

  test('above 100 keys a field filters them, and keeps the focus while it is typed into', async () => {
    for (let i = 0; i < 101; i++) await client.createKey({ key_alias: `filtered-${i}` })
    await open('/try')
    const filter = page.getByLabel('Find a key')
    await filter.click()
    await page.keyboard.type('filtered-7', { delay: 50 })
    await page
      .getByLabel('Key', { exact: true })
      .locator('option', { hasText: 'filtered-77' })
      .waitFor({ state: 'attached' })
    assert.equal(await filter.inputValue(), 'filtered-7')
    assert.equal(await page.locator('input:focus').inputValue(), 'filtered-7')
  })

  test('a key without material leads to its import: to the first one, or to that of the same material', async () => {
    const empty = await client.createKey({ key_alias: 'empty', origin: 'external' })
    const erased = await client.createKey({ key_alias: 'erased', origin: 'external' })
    assert.equal((await client.import(erased, randomBytes(32))).status, 200)
    await client.ok('delete-imported-key-material', { key_id: erased })
    for (const [id, label] of [
      [empty, 'Import material'],
      [erased, 'Re-import'],
    ] as const) {
      await open(`/try?key=${id}`)
      const link = page.locator('.banner').getByRole('link', { name: label })
      await link.waitFor()
      assert.match((await link.getAttribute('href')) ?? '', new RegExp(`/keys/${id}/import$`))
    }
    await page.getByText('Needs its material').first().waitFor()
  })
})
