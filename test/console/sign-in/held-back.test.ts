/**
 * Too many wrong passwords: every form that takes one says how long to wait, counts down, and never
 * calls the right one wrong.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { AdminClient } from '../../e2e/admin-client.ts'
import { newFolder } from '../../e2e/server.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { ConsoleStage, password, withoutChromium } from '../browser.ts'

const said =
  /^Too many wrong passwords for this user or from this network\. Wait (\d+) s, then try again\.$/
const quarterHour = 15 * 60_000

describe('a password that is held back', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let passed = 0
  const clockFile = join(newFolder(), 'clock')
  const pass = (ms: number): void => {
    passed += ms
    moveClock(clockFile, { wallMs: passed, monotonicMs: passed })
  }
  before(async () => {
    pass(0)
    stage = await ConsoleStage.start({ hooks: { module: hooksModule, data: { clockFile } } })
    await (await stage.person()).context.close()
  })
  after(() => stage[Symbol.asyncDispose]())

  /** The message with its seconds, once it is at the button and has the focus. */
  async function waits(form: Locator): Promise<number> {
    const message = form.locator('.submit-error p span').first()
    await message.waitFor()
    assert.ok(
      await form.page().evaluate("document.activeElement.classList.contains('submit-error')"),
      'the focus is there',
    )
    const seconds = said.exec((await message.textContent()) ?? '')?.[1]
    assert.notEqual(seconds, undefined, String(await message.textContent()))
    return Number(seconds)
  }

  test('at sign-in: the wait is said and counted down, the password stays, and opens the console after it', async () => {
    const stranger = new AdminClient(stage.server.url)
    for (let guess = 0; guess < 6; guess++) {
      assert.equal((await stranger.signIn(stage.userName, `guess ${guess}`)).status, 401)
      if (guess > 2) pass(quarterHour)
    }
    // The seventh failure here is the fourth beyond the free ones.
    assert.equal((await stranger.signIn(stage.userName, 'guess')).status, 401)
    stranger.close()
    const { page } = await stage.visitor()
    await page.goto(stage.url('/'))
    const form = page.locator('form')
    const enter = page.getByRole('button', { name: 'Sign in' })
    await page.getByLabel('User name').fill(stage.userName)
    await page.getByLabel('Password').fill(password)
    await enter.click()
    const first = await waits(form)
    assert.ok(first >= 3 && first <= 8, String(first))
    assert.equal(await enter.getAttribute('aria-disabled'), 'true')
    assert.equal(await page.getByLabel('Password').inputValue(), password)
    let sent = 0
    page.on('request', () => sent++)
    await enter.click({ force: true })
    await page.getByLabel('Password').press('Enter')
    assert.equal(sent, 0, 'nothing is sent while it waits')
    const spoken = await form.locator('.submit-error .sr-only').textContent()
    await page
      .getByText(`Wait ${first - 2} s`)
      .first()
      .waitFor()
    assert.equal(
      await form.locator('.submit-error .sr-only').textContent(),
      spoken,
      'read out once',
    )
    await form.locator('.submit-error p').waitFor({ state: 'detached' })
    assert.equal(await enter.getAttribute('aria-disabled'), null)
    await enter.click()
    await page.locator('nav.rail').waitFor()
    await page.context().close()
  })

  test('an unknown user name gets the same answer', async () => {
    const { page } = await stage.visitor()
    await page.goto(stage.url('/'))
    for (const [name, times] of [
      ['nobody', 4],
      [stage.userName, 0],
    ] as const) {
      for (let guess = 0; guess < times; guess++) {
        await page.getByLabel('User name').fill(name)
        await page.getByLabel('Password').fill(`guess ${guess}`)
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByText('User name, password or project is wrong.').waitFor()
        await page.getByLabel('Password').focus()
      }
    }
    await page.getByLabel('Password').fill('guess')
    await page.getByRole('button', { name: 'Sign in' }).click()
    assert.equal(await waits(page.locator('form')), 1)
    await page.context().close()
  })

  const dialogs: readonly (readonly [
    what: string,
    open: string,
    fill: (dialog: Locator, current: string) => Promise<void>,
  ])[] = [
    [
      'an access key',
      'Create access key',
      async (dialog, current) => {
        await dialog.getByLabel('Current password').fill(current)
        await dialog.getByRole('button', { name: 'Create access key' }).click()
      },
    ],
    [
      'a new password',
      'Change password',
      async (dialog, current) => {
        await dialog.getByLabel('Current password').fill(current)
        await dialog.getByLabel('New password', { exact: true }).fill('another one, quite long')
        await dialog.getByLabel('Repeat the new password').fill('another one, quite long')
        await dialog.getByRole('button', { name: 'Set password' }).click()
      },
    ],
  ]
  for (const [what, open, send] of dialogs)
    test(`for ${what}: the wait is said, and the right password is not called wrong`, async () => {
      pass(quarterHour)
      const { page } = await stage.person('/people')
      if (open === 'Change password') {
        await page.getByRole('button', { name: /Account of/ }).click()
        await page.getByRole('menuitem', { name: open }).click()
      } else await page.getByRole('button', { name: open }).click()
      const dialog = page.locator('dialog[open]')
      for (let guess = 0; guess < 4; guess++) {
        await send(dialog, `guess ${guess}`)
        await dialog
          .locator('.field-error', { hasText: 'The current password is wrong.' })
          .waitFor()
        await dialog.getByLabel('Current password').fill('')
      }
      await send(dialog, password)
      assert.equal(await waits(dialog), 1)
      assert.equal(await dialog.locator('.field-error').count(), 0)
      await page.context().close()
    })
})
