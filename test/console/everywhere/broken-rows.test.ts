/**
 * The console with a stored instant that is no valid date, with an entry that cannot be rendered,
 * and with an answer that breaks a page.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { newFolder, TestServer } from '../../e2e/server.ts'
import { storeExpiry } from '../../fakes/stored-row.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'

describe('what cannot be shown', { skip: withoutChromium }, () => {
  const data = newFolder()
  let stage: ConsoleStage
  let page: Page
  let late: string
  before(async () => {
    const first = await TestServer.start({ data })
    const client = first.client()
    late = await client.createKey({ key_alias: 'late', origin: 'external' })
    assert.equal(
      (await client.import(late, randomBytes(32), { expiration_time: 4_000_000_000 })).status,
      200,
    )
    for (const key_alias of ['one', 'two']) await client.createKey({ key_alias })
    client.close()
    await first.stop()
    await storeExpiry(data, late, 9_007_199_254_740_000)
    stage = await ConsoleStage.start({ data })
    page = (await stage.person()).page
  })
  after(() => stage[Symbol.asyncDispose]())

  const row = (name: string) => page.locator('table.keys tbody tr', { hasText: name })

  test('a stored expiry that is no valid date is shown as it is, in the list and on the page of its key', async () => {
    await page.goto(stage.url('/keys'))
    await row('late').waitFor()
    assert.match((await row('late').textContent()) ?? '', /9007199254740000 ms/)
    assert.equal(await page.locator('table.keys tbody tr').count(), 3)
    await page.goto(stage.url(`/keys/${late}`))
    await page.getByText('9007199254740000 ms').first().waitFor()
    await page.goto(stage.url('/'))
    await page.locator('.page-head').waitFor()
  })

  test('an entry that cannot be rendered says so with its error, and the others are shown', async () => {
    await page.route('**/admin/v1/keys?**', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as { keys: { alias: unknown }[] }
      // React renders no objects: this has the same effect as a defect of ours in one row.
      for (const key of body.keys) if (key.alias === 'one') key.alias = { is: 'no text' }
      await route.fulfill({ response: answer, json: body })
    })
    await page.goto(stage.url('/keys'))
    const broken = page.locator('table.keys tbody tr', { hasText: 'cannot be shown' })
    await broken.waitFor()
    assert.match((await broken.textContent()) ?? '', /^[0-9a-f-]{36} cannot be shown\. .*Error/)
    await row('late').waitFor()
    await row('two').waitFor()
    assert.equal(await page.locator('table.keys tbody tr').count(), 3)
    await page.unroute('**/admin/v1/keys?**')
  })

  test('a page that breaks leaves the others working, and recovers; so does the frame around it', async () => {
    const broken = page.getByText('This page cannot be shown')
    const system = '**/admin/v1/system'
    await page.route(system, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({
        response: answer,
        json: { ...(await answer.json()), root_slots: 'no list' },
      })
    })
    await page.goto(stage.url('/system'))
    await broken.waitFor()
    await page.locator('nav.rail').getByRole('link', { name: 'Keys' }).click()
    await row('late').waitFor()
    assert.equal(await broken.count(), 0)
    await page.unroute(system)
    await page.goto(stage.url('/system'))
    await page.locator('.page-head').waitFor()
    assert.equal(await broken.count(), 0)
    await page.route(system, (route) =>
      route.fulfill({ body: 'null', contentType: 'application/json' }),
    )
    await page.goto(stage.url('/keys'))
    await broken.waitFor()
    await page.unroute(system)
    await page.getByRole('button', { name: 'Retry' }).click()
    await page.reload()
    await row('late').waitFor()
  })
})
