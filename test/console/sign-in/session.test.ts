/**
 * Signing in, being away, and what nobody may see.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext } from 'playwright-core'
import { HuaweiClient, readCredentials } from '../../e2e/client.ts'
import { newFolder, TestServer } from '../../e2e/server.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { ConsoleStage, password, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

const minuteMs = 60_000

describe('sessions of the console in the browser', { skip: withoutChromium }, () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let stage: ConsoleStage
  before(async () => {
    stage = await ConsoleStage.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
  })
  after(() => stage[Symbol.asyncDispose]())
  const sessionCookie = async (context: BrowserContext) => {
    const cookies = await context.cookies()
    assert.equal(cookies.length, 1, 'one cookie and no other')
    const [cookie] = cookies
    assert.ok(cookie)
    return cookie
  }

  test('1: the first sign-in asks for a new password; a new service shows three ways to begin; the cookie is a new one', async () => {
    const { context, page } = await stage.visitor()
    await page.goto(stage.url('/keys'))
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByLabel('User name').fill(stage.userName)
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('User name, password or project is wrong.').waitFor()
    assert.equal((await context.cookies()).length, 0)
    await page.getByLabel('Password').fill(stage.initialPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Choose your password' }).waitFor()
    const first = await sessionCookie(context)
    await page.getByLabel('New password', { exact: true }).fill('short')
    await page.getByLabel('Repeat the new password').fill('short')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.locator('.field-error').first().waitFor()
    await page.getByLabel('New password', { exact: true }).fill(password)
    await page.getByLabel('Repeat the new password').fill(`${password}.`)
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('The two passwords differ.').waitFor()
    await page.getByLabel('Repeat the new password').fill(password)
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    const second = await sessionCookie(context)
    for (const { name, httpOnly, sameSite, secure, path } of [first, second])
      assert.deepEqual(
        [name.slice(0, 7), httpOnly, sameSite, secure, path],
        ['__Host-', true, 'Strict', true, '/'],
      )
    assert.notEqual(first.value, second.value)
    assert.equal(await page.evaluate('document.cookie'), '')
    await page.getByRole('link', { name: 'Overview' }).click()
    for (const card of ['Create a key', 'Import your own key', 'Connect a client'])
      await page.getByRole('heading', { name: card }).waitFor()
    await page.getByRole('link', { name: 'Create an access key' }).click()
    await page.getByRole('heading', { name: 'People and access' }).waitFor()
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.equal((await context.cookies()).length, 0)
    stage.chosePassword()
  })

  test('an access key asks for the password again; a new password ends access keys where the person says so', async () => {
    await using apart = await ConsoleStage.start()
    const { page } = await apart.person('/people')
    const client = apart.server.client()
    await page.getByRole('button', { name: 'Create access key' }).click()
    const dialog = page.locator('dialog[open]')
    const create = dialog.getByRole('button', { name: 'Create access key' })
    await create.click()
    await dialog.getByText('Type your password.').waitFor()
    await dialog.getByLabel('Current password').fill('not the password')
    await create.click()
    await dialog.getByText('The current password is wrong').waitFor()
    assert.equal(
      await dialog.getByLabel('Current password').inputValue(),
      '',
      'it does not stay in the page',
    )
    await dialog.getByLabel('Current password').fill(password)
    await dialog.getByLabel('Current password').press('Enter')
    await dialog.getByText('The secret is shown only once').waitFor()
    await dialog.getByLabel('I saved it').check()
    await dialog.getByRole('button', { name: 'Done' }).click()
    assert.equal((await page.locator('tbody tr .mono').count()) > 1, true)
    assert.equal((await client.call('list-keys')).status, 200)
    for (const [ends, status] of [
      [false, 200],
      [true, 403],
    ] as const) {
      await page.getByRole('button', { name: /Account of/ }).click()
      await page.getByRole('menuitem', { name: 'Change password' }).click()
      const known = ends ? `${password}.` : password
      await dialog.getByLabel('Current password').fill(known)
      await dialog.getByLabel('New password', { exact: true }).fill(`${known}.`)
      await dialog.getByLabel('Repeat the new password').fill(`${known}.`)
      const box = dialog.getByRole('checkbox', { name: /Also delete all my access keys/ })
      assert.equal(await box.isChecked(), false)
      if (ends) await box.check()
      await dialog.getByRole('button', { name: 'Set password' }).click()
      await dialog.waitFor({ state: 'detached' })
      assert.equal((await client.call('list-keys')).status, status)
    }
    client.close()
  })

  test('18: an unknown key, a foreign one and a page that does not exist show the same text', async () => {
    await using apart = await ConsoleStage.start()
    const { page } = await apart.person()
    const file = join(apart.server.data, 'other.json')
    await apart.server.holdfast('project', 'create', 'other', '--credentials', file)
    const other = new HuaweiClient(apart.server.url, readCredentials(file))
    const foreign = await other.createKey({ key_alias: 'theirs' })
    other.close()
    const seen: string[] = []
    for (const path of [
      `/keys/${foreign}`,
      '/keys/00000000-0000-4000-8000-000000000000',
      '/no/such/page',
      '/keys/no-id',
    ]) {
      await page.goto(apart.url(path))
      await page
        .getByText('There is no such page or key here, or your role may not see it.')
        .waitFor()
      seen.push(((await page.locator('main').textContent()) ?? '').trim())
    }
    assert.deepEqual([...new Set(seen)].length, 1, seen.join('\n---\n'))
    const statuses = await page.evaluate<number[]>(
      `Promise.all(['${foreign}', '00000000-0000-4000-8000-000000000000'].map((id) => fetch('/admin/v1/keys/' + id).then((answer) => answer.status)))`,
    )
    assert.deepEqual(statuses, [404, 404])
  })

  test('19: after an idle time the person signs in without leaving the page: text is kept, material is not', async () => {
    const { page } = await stage.person()
    await wizard.createEmpty(page, stage.url(''), 'idle', 'Encrypt and decrypt data', 'AES_256')
    await wizard.chooseFile(
      page,
      Buffer.from('00b6f2d03c9e714a58d2e1f00f9a3bc47711885e2f6d9c03a4e7b1580c2d3e4f', 'hex'),
    )
    await page.locator('.panel', { hasText: 'Your material' }).waitFor()
    await wizard.next(page)
    await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
    await wizard.next(page)
    await wizard.keptIn(page, 'the red safe')
    moveClock(clockFile, { wallMs: 16 * minuteMs, monotonicMs: 16 * minuteMs })
    await wizard.next(page)
    const signIn = page.locator('dialog[open]', {
      hasText: 'You were signed out after 15 minutes without activity.',
    })
    await signIn.getByLabel('Password').fill(password)
    await signIn.getByRole('button', { name: 'Sign in' }).click()
    await signIn.waitFor({ state: 'detached' })
    await page
      .getByText(
        'The material is no longer on this page. Choose it again; everything else is kept.',
      )
      .waitFor()
    await wizard.chooseFile(
      page,
      Buffer.from('00b6f2d03c9e714a58d2e1f00f9a3bc47711885e2f6d9c03a4e7b1580c2d3e4f', 'hex'),
    )
    await wizard.next(page)
    await wizard.next(page)
    assert.equal(await page.getByLabel('Where you keep it').inputValue(), 'the red safe')
  })

  test('19: material that was pasted and not read is gone from the page when the session has ended', async () => {
    const { page } = await stage.person()
    await wizard.createEmpty(
      page,
      stage.url(''),
      'pasted-unread',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await page.getByRole('radio', { name: 'From a file or text' }).check()
    await page.getByRole('radio', { name: 'Paste or type' }).check()
    const field = page.locator('#pasted-material')
    await field.fill('00b6f2d03c9e714a58d2e1f00f9a3bc47711885e2f6d9c03a4e7b1580c2d3e4f')
    moveClock(clockFile, { wallMs: 48 * minuteMs, monotonicMs: 48 * minuteMs })
    await page.evaluate(
      "dispatchEvent(new Event('visibilitychange')), document.dispatchEvent(new Event('visibilitychange'))",
    )
    await page
      .locator('dialog[open]', { hasText: 'You were signed out after 15 minutes' })
      .waitFor({ timeout: 40_000 })
    assert.equal(await field.inputValue(), '')
  })

  test('19: of two tabs that signed in one after the other, the first continues in the session of the second', async () => {
    const { page: first, context } = await stage.visitor()
    const second = await context.newPage()
    await second.goto(stage.url('/'))
    await second.locator('input[name=user_name]').fill(stage.userName)
    await second.locator('input[name=password]').fill(password)
    await stage.enter(first, '/keys/new')
    await second.locator('form button[type=submit]').click()
    await second.locator('nav.rail').waitFor()
    await first.getByLabel('Alias').fill('of-the-first-tab')
    await first.getByRole('button', { name: 'Create key' }).click()
    await first.getByText('of-the-first-tab is created and enabled.').first().waitFor()
  })

  test('19: while the server is away the page says so and keeps what was typed; when it is back, work goes on', async () => {
    const { page } = await stage.person('/keys/new')
    await page.getByLabel('Alias').fill('typed-before')
    await page.getByLabel(/Description/).fill('kept while away')
    const { port } = new URL(stage.server.url)
    await stage.server.signal('SIGKILL')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page
      .getByText(/No connection to Holdfast\. What you typed is kept\. Trying again in \d+ s\./)
      .first()
      .waitFor()
    assert.equal(await page.getByLabel('Alias').inputValue(), 'typed-before')
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByText('Holdfast did not answer').first().waitFor()
    assert.equal(
      await page.getByLabel('Alias').inputValue(),
      'typed-before',
      'a user who is not signed out is not shown as such',
    )
    const back = await TestServer.start({
      data,
      flags: ['--listen', `127.0.0.1:${port}`],
      hooks: { module: hooksModule, data: { clockFile } },
    })
    try {
      await page
        .getByText(/Trying again in/)
        .first()
        .waitFor({ state: 'detached', timeout: 40_000 })
      assert.equal(await page.getByLabel(/Description/).inputValue(), 'kept while away')
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.getByText('typed-before is created and enabled.').first().waitFor()
    } finally {
      await back.signal('SIGKILL')
    }
  })
})
