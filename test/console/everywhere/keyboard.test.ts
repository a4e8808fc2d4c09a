/**
 * Everything by keyboard alone: no click, no fill, and only keys move the focus, which is visible
 * at every step.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import type { Body, HuaweiClient } from '../../e2e/client.ts'
import { until } from '../../e2e/until.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import { Keyboard } from './keyboard.ts'

describe('the console by keyboard', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let client: HuaweiClient
  let keys: Keyboard
  before(async () => {
    stage = await ConsoleStage.start()
    client = stage.server.client()
    const { page, context } = await stage.person()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    keys = new Keyboard(page)
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
  })
  const card = async (id: string): Promise<Body> =>
    (await client.send(client.sign('GET', `/admin/v1/keys/${id}`))).body
  const wide = { width: 1280, height: 900 }
  const begin = async (size = wide): Promise<void> => {
    await keys.page.setViewportSize(size)
    await keys.page.goto(stage.url('/'))
    await keys.page.locator('h1').waitFor()
  }
  const goToKeys = async (): Promise<void> => {
    await keys.press('g', 'k')
    await keys.isOn('Keys')
    await keys.page.locator('main .pager, main .empty').first().waitFor()
  }
  const said = (label: string): Promise<string | null> =>
    keys.page.locator(`output[aria-label="${label}"]`).textContent()

  test('22: signing in begins in the first field, and Enter goes on', async () => {
    const { page } = await stage.visitor()
    const visitor = new Keyboard(page)
    await page.goto(stage.url('/'))
    await visitor.isOn('User name')
    await visitor.type(stage.userName)
    await visitor.press('Tab')
    await visitor.isOn('Password')
    await visitor.type('not the password')
    await visitor.press('Enter')
    await page.getByText('User name, password or project is wrong.').waitFor()
  })

  test('22: a key is created, and Try it returns what it was given', async () => {
    await begin()
    await keys.page.locator('.first-steps').waitFor()
    await keys.press('Tab')
    await keys.isOn('Skip to the content')
    await keys.press('Enter', 'Tab')
    assert.ok(
      await keys.page.evaluate('document.querySelector("main").contains(document.activeElement)'),
      'the rail and the bar are skipped',
    )
    await goToKeys()
    await keys.to('Create key', 'Shift+Tab')
    await keys.press('Enter')
    await keys.isOnPage('Create key')
    await keys.to('Alias')
    await keys.type('by-keys')
    await keys.to('Create key')
    await keys.press('Enter')
    await keys.isOnPage('by-keys')
    await keys.page.locator('.page-head .status', { hasText: 'Enabled' }).waitFor()
    await keys.to('Try it')
    await keys.press('Enter')
    await keys.isOnPage('Try it')
    await keys.to('Plaintext')
    await keys.type('four anvils')
    await keys.to('Add a context entry')
    await keys.press('Enter')
    await keys.to('Name of context entry 1')
    await keys.type('order')
    await keys.to('Value of context entry 1')
    await keys.type('4711')
    await keys.press('Control+Enter')
    await keys.page.locator('output[aria-label=Ciphertext]').waitFor()
    await keys.to('Copy Ciphertext')
    await keys.press('Enter')
    await keys.page.getByText('Ciphertext copied.').waitFor()
    await keys.to('Decrypt', 'Shift+Tab')
    await keys.press('Enter')
    await keys.to('Ciphertext (base64)')
    await keys.press('Control+v')
    await keys.to('Add a context entry')
    await keys.press('Enter')
    await keys.to('Name of context entry 1')
    await keys.type('order')
    await keys.to('Value of context entry 1')
    await keys.type('4711')
    await keys.to('Decrypt')
    await keys.press('Enter')
    await keys.page.locator('output[aria-label=Plaintext]').waitFor()
    assert.equal(await said('Plaintext'), 'four anvils')
  })

  /** On a narrow screen a bar sticks to the bottom as well as to the top. */
  for (const [name, size] of [
    ['wide', wide],
    ['narrow', { width: 360, height: 740 }],
  ] as const) {
    test(`22: material is imported as hexadecimal, on a ${name} screen`, async () => {
      const alias = `imported-${name}`
      const material = randomBytes(32)
      await begin(size)
      await goToKeys()
      await keys.to('Import key', 'Shift+Tab')
      await keys.press('Enter')
      await keys.isOn('Import a key')
      await keys.to('Alias')
      await keys.type(alias)
      await keys.to(/^I am responsible for/)
      await keys.press('Space')
      await keys.to('Create the empty key')
      await keys.press('Enter')
      await keys.isOn(`Import key material: ${alias}`)
      await keys.to(/^Make it here/)
      await keys.press('ArrowDown')
      await keys.isOn(/^From a file or text/)
      await keys.to('A file')
      await keys.press('ArrowDown')
      await keys.isOn('Paste or type')
      await keys.to('Hexadecimal, base64 or PEM')
      await keys.type(material.toString('hex'))
      await keys.to('Read it')
      await keys.press('Enter')
      await keys.page.locator('.panel', { hasText: 'Your material' }).waitFor()
      await keys.to('Continue')
      await keys.press('Enter')
      await keys.isOn('Is it fit for use?')
      await keys.to('Continue')
      await keys.press('Enter')
      await keys.isOn('Back it up before Holdfast receives it')
      await keys.to(/^Encrypted file/)
      await keys.press('ArrowUp')
      await keys.isOn(/^I already keep it in/)
      await keys.to('Where you keep it')
      await keys.type('the safe')
      await keys.to('Continue')
      await keys.press('Enter')
      await keys.isOn('When should the material stop working?')
      await keys.to('Never')
      await keys.to('Continue')
      await keys.press('Enter')
      await keys.isOn('Review and import')
      await keys.to('Import material')
      await keys.press('Enter')
      await keys.isOn(new RegExp(`^${alias} is enabled\\.`))
      const id = /\/keys\/([0-9a-f-]{36})/.exec(keys.page.url())?.[1] ?? ''
      const key = await card(id)
      assert.deepEqual(
        [key.state, key.check_value, key.backup_place],
        ['enabled', checkValue(id, 'AES_256', material), 'the safe'],
      )
    })
  }

  test('22: material is deleted; Escape returns the focus, and so does finishing', async () => {
    const id = await client.createKey({ key_alias: 'to-empty', origin: 'external' })
    assert.equal((await client.import(id, randomBytes(32))).status, 200)
    await begin()
    await goToKeys()
    await keys.to('to-empty')
    await keys.press('Enter')
    await keys.isOnPage('to-empty')
    await keys.to('Danger zone')
    await keys.press('Enter')
    await keys.to('Delete material')
    await keys.press('Enter')
    await keys.isOn('Keep material')
    await keys.press('Escape')
    await keys.isOn('Delete material')
    await keys.press('Enter')
    await keys.isOn('Keep material')
    await keys.press('Enter')
    await keys.isOn('Delete material')
    await keys.press('Enter')
    await keys.isOn('Keep material')
    await keys.to('Type DELETE to continue', 'Shift+Tab')
    await keys.type('DELETE')
    await keys.to(/^Continue without/, 'Shift+Tab')
    await keys.press('Space')
    await keys.to('Type DELETE to continue')
    await keys.press('Enter')
    // Enter never destroys: the dialog is still there, with its button ready.
    await keys.to('Keep material')
    assert.equal((await card(id)).state, 'enabled')
    await keys.to('Delete material')
    await keys.press('Enter')
    await keys.page.locator('dialog[open]').waitFor({ state: 'detached' })
    await keys.isOn('No operation works: it holds no material.')
    assert.equal(await keys.page.evaluate('document.activeElement.className'), 'state-line')
    assert.equal((await card(id)).state, 'pending-import')
  })

  test('22: a tag is set, an alias added and moved, a grant created and revoked', async () => {
    const id = await client.createKey({ key_alias: 'belongings' })
    const other = await client.createKey({ key_alias: 'substitute' })
    await begin()
    await keys.page.goto(stage.url(`/keys/${id}/tags`))
    await keys.page.getByRole('button', { name: 'Add a tag' }).waitFor()
    await keys.to('Add a tag')
    await keys.press('Enter')
    await keys.isOn('Tag key')
    await keys.type('team')
    await keys.press('Tab')
    await keys.type('payments')
    await keys.press('Enter')
    await keys.isOn('Add a tag')
    await keys.to(/^Aliases/, 'Shift+Tab')
    await keys.press('Enter')
    await keys.to('Add an alias')
    await keys.press('Enter')
    await keys.isOn('Alias')
    await keys.press('End')
    await keys.type('shop')
    await keys.press('Enter')
    await keys.isOn('Add an alias')
    await keys.to('Move alias/shop')
    await keys.press('Enter')
    await keys.isOn('Find the key it should point to')
    await keys.type('substitute')
    const found = keys.page.locator('dialog[open] input[type=radio]')
    await until(async () => (await found.count()) === 1, 10_000)
    await keys.press('Tab', 'Space')
    await keys.to('Move')
    await keys.press('Enter')
    await keys.page.locator('dialog[open]').waitFor({ state: 'detached' })
    assert.deepEqual(
      [(await card(id)).tags, (await card(other)).aliases.length],
      [[{ key: 'team', value: 'payments' }], 1],
    )
    await keys.to(/^Grants/)
    await keys.press('Enter')
    await keys.to('Create a grant')
    await keys.press('Enter')
    await keys.to('Grantee')
    await keys.press('ArrowDown')
    await keys.to('Encrypt')
    await keys.press('Space')
    await keys.press('Enter')
    await keys.isOn('Create a grant')
    assert.equal((await card(id)).grants, 1)
    await keys.to(/^Revoke /)
    await keys.press('Enter')
    await keys.isOn('Keep grant')
    await keys.to('Revoke')
    await keys.press('Enter')
    await keys.page.locator('dialog[open]').waitFor({ state: 'detached' })
    assert.equal((await card(id)).grants, 0)
  })

  test('22: a dialog traps the focus, and one that a menu opened returns it to what opened the menu', async () => {
    const id = await client.createKey({ key_alias: 'menus' })
    await begin()
    await goToKeys()
    await keys.to('Actions for menus')
    await keys.press('Enter', 'ArrowDown')
    await keys.isOn('Disable')
    await keys.press('Enter')
    await keys.isOn('Keep enabled')
    for (let i = 0; i < 6; i++) {
      await keys.press('Tab')
      const inside = await keys.page.evaluate(
        'document.activeElement === document.body || document.querySelector("dialog[open]").contains(document.activeElement)',
      )
      assert.ok(inside, 'the focus stays in the dialog')
    }
    await keys.press('Escape')
    await keys.isOn('Actions for menus')
    await keys.to('menus', 'Shift+Tab')
    await keys.press('Enter')
    await keys.isOnPage('menus')
    await keys.to('More actions')
    await keys.press('Enter')
    await keys.isOn('Edit')
    await keys.press('Enter')
    await keys.isOn('Alias')
    await keys.press('Escape')
    await keys.isOn('More actions')
    await keys.to(/^AD, Account of/)
    await keys.press('Enter')
    await keys.isOn('Change password')
    await keys.press('Enter')
    await keys.isOn('Current password')
    await keys.press('Escape')
    await keys.isOn(/^AD, Account of/)
    await keys.press('?')
    await keys.isOn('Close')
    await keys.press('Enter')
    await keys.isOn(/^AD, Account of/)
    assert.equal((await card(id)).state, 'enabled')
  })

  test('22: every stop of Tab on every page is in view and has a focus ring', async () => {
    const before = keys.looked
    for (const size of [wide, { width: 360, height: 740 }])
      for (const path of [
        '/',
        '/keys',
        '/keys/new',
        '/imports',
        '/try',
        '/audit',
        '/people',
        '/system',
        '/nowhere',
      ]) {
        await keys.page.setViewportSize(size)
        await keys.page.goto(stage.url(path))
        await keys.page.locator('h1').waitFor()
        await keys.page.locator('.loading').first().waitFor({ state: 'detached' })
        // One full round: it ends where nothing has the focus. Even a page of fifty records does
        // not take hundreds of stops.
        let stops = 0
        while ((await keys.press('Tab')) !== null) assert.ok(++stops < 250, `${path} ends`)
        assert.ok(stops > 8, `${path}: ${stops}`)
      }
    assert.ok(keys.looked - before > 200, `${keys.looked - before} stops`)
  })
})
