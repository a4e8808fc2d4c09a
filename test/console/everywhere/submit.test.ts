/**
 * A form that failed says so at its button and takes the focus there; an unknown state is shown as
 * unknown.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

describe('a submit that fails', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  before(async () => {
    stage = await ConsoleStage.start()
  })
  after(() => stage[Symbol.asyncDispose]())

  test('a form: the field that is wrong has the focus; without a connection the message at the button has it', async () => {
    const { page } = await stage.person('/keys/new', { viewport: { width: 1280, height: 500 } })
    const create = page.getByRole('button', { name: 'Create key' })
    await page.getByLabel('Alias').fill('not an alias!')
    await create.click()
    await page.locator('.field-error').waitFor()
    assert.equal(await page.evaluate('document.activeElement.name'), 'alias')
    await page.getByLabel('Alias').fill('an-alias')
    await page.locator('.audit-light', { hasText: 'Recording calls' }).waitFor()
    await page.route('**/v1.0/**', (route) => route.abort())
    await page.route('**/admin/**', (route) => route.abort())
    await page.route('**/healthz', (route) => route.abort())
    await create.click()
    const message = page.locator('form .submit-error')
    await message.locator('p').waitFor()
    assert.ok(
      await page.evaluate("document.activeElement.classList.contains('submit-error')"),
      'the focus is on the message',
    )
    const [at, button] = [await message.boundingBox(), await create.boundingBox()]
    assert.ok(
      at && button && at.y >= 0 && button.y - at.y < 160 && button.y < 500,
      JSON.stringify([at, button]),
    )
    await page.locator('.audit-light.unknown', { hasText: 'Recording unknown' }).waitFor()
    await page.evaluate('scrollTo(0, document.body.scrollHeight)')
    const banner = await page.locator('.connection .banner').boundingBox()
    assert.ok(banner && banner.y >= 0 && banner.y < 120, 'in view however far the page is scrolled')
  })

  test('a page that opens while the server does not answer says so, and recovers by itself', async () => {
    const { page } = await stage.person('/keys')
    await page.route('**/admin/**', (route) => route.abort())
    await page.reload()
    await page.locator('.connection .banner').waitFor()
    await page.unroute('**/admin/**')
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
  })

  type Made = {
    readonly held: string
    readonly plain: string
    readonly pending: string
    readonly successor: string
  }
  /** A button that sends, and what is done before it is there. */
  type Sending = readonly [
    what: string,
    path: (made: Made) => string,
    button: RegExp,
    before?: (page: Page) => Promise<unknown>,
  ]
  const material = randomBytes(32)
  const sendings: readonly Sending[] = [
    ['the export of the audit log', () => '/audit', /^Export JSON$/],
    ['an access key that is disabled', () => '/people', /^Disable /],
    ['an import that is discarded', () => '/imports', /^Discard: pending$/],
    [
      'a rotation that is turned on',
      ({ plain }) => `/keys/${plain}/rotation`,
      /^(Turn rotation on|Save)$/,
    ],
    [
      'a drill',
      ({ held }) => `/keys/${held}/drill`,
      /^Compare with the key$/,
      async (page) => {
        await wizard.chooseFile(page, material)
        await wizard.next(page)
      },
    ],
    [
      'an import',
      ({ pending }) => `/keys/${pending}/import`,
      /^Import material$/,
      async (page) => {
        await wizard.chooseFile(page, randomBytes(32))
        await wizard.next(page)
        await wizard.passBackup(page)
        await wizard.next(page)
      },
    ],
    [
      'an alias that moves to a successor',
      ({ successor }) => `/keys/${successor}/import`,
      /^Move the alias to this key$/,
      async (page) => {
        await wizard.chooseFile(page, randomBytes(32))
        await wizard.next(page)
        await wizard.importFromChecks(page, false)
      },
    ],
  ]
  test('every other button that sends shows its failure next to it, with the focus', async () => {
    const client = stage.server.client()
    const external = (key_alias: string): Promise<string> =>
      client.createKey({ origin: 'external', key_alias })
    const [held, pending] = [await external('held'), await external('pending')]
    assert.equal((await client.import(held, material)).status, 200)
    const made = await client.send(client.sign('POST', `/admin/v1/keys/${held}/successor`, {}))
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const ids: Made = {
      held,
      pending,
      plain: await client.createKey({ key_alias: 'plain' }),
      successor: made.body.id,
    }
    // A key that waits for its material under a token is listed as an unfinished import.
    const begun = await client.send(
      client.sign('POST', `/admin/v1/keys/${pending}/import-parameters`, {}),
    )
    assert.equal(begun.status, 200, JSON.stringify(begun.body))
    client.close()
    const { page } = await stage.person()
    for (const [what, path, name, before] of sendings) {
      await page.goto(stage.url(path(ids)))
      await before?.(page)
      const button = page.getByRole('button', { name }).first()
      await button.waitFor()
      for (const kind of ['admin', 'v1.0'])
        await page.route(`**/${kind}/**`, (route) => route.abort())
      await button.click()
      const message = page.locator('.submit-error', { hasText: 'Holdfast did not answer' })
      await message.first().waitFor()
      assert.equal(await message.count(), 1, what)
      const where = await page.evaluate('document.activeElement?.outerHTML.slice(0, 200)')
      assert.match(String(where), /submit-error/, `${what}: the focus is on the message`)
      const [at, sender] = [await message.boundingBox(), await button.boundingBox()]
      assert.ok(
        at && sender && Math.abs(at.y - sender.y) < 200,
        `${what}: ${JSON.stringify([at, sender])}`,
      )
      await page.unrouteAll()
    }
    await page.context().close()
  })

  test('the recording light is grey until the state is known, and again when it is not', async () => {
    const { page } = await stage.person('/keys')
    const light = page.locator('.audit-light')
    const colour = (): Promise<string> =>
      page.evaluate("getComputedStyle(document.querySelector('.audit-light')).color")
    const muted = await page.evaluate<string>(`(() => {
      const probe = document.body.appendChild(document.createElement('span'))
      probe.style.color = 'var(--muted)'
      return getComputedStyle(probe).color
    })()`)
    await light.and(page.locator(':not(.unknown)')).waitFor()
    assert.notEqual(await colour(), muted)
    let answer = (): void => {}
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    await page.route('**/admin/v1/system', async (route) => {
      await held
      await route.continue()
    })
    await page.reload()
    await light.getByText('Recording unknown').waitFor()
    assert.equal(await colour(), muted)
    answer()
    await light.getByText('Recording calls').waitFor()
    assert.notEqual(await colour(), muted)
    await page.context().close()
  })

  test('a dialog: the message is between its body and its buttons, with the focus', async () => {
    const { page } = await stage.person('/people')
    await page.getByRole('button', { name: 'Create access key' }).first().click()
    await page.locator('dialog[open] input[type=password]').fill('any')
    await page.route('**/admin/**', (route) => route.abort())
    await page.locator('dialog[open] button[type=submit]').click()
    await page.locator('dialog[open] .dialog-refusal p').waitFor()
    assert.ok(await page.evaluate("document.activeElement.closest('.dialog-refusal') !== null"))
  })
})
