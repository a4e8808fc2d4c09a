/**
 * The audit page: what its table shows can be searched for, reads of the console are hidden until
 * asked for, and "no match" is never shown for something else.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { AdminClient } from '../../e2e/admin-client.ts'
import type { HuaweiClient } from '../../e2e/client.ts'
import { until } from '../../e2e/until.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import { type Language, languages, type Say, sayIn } from '../tables.ts'

const alias = 'Payroll_2026-key'
const description = 'Köln 100% a+b 密钥 %25 "x"'

describe('the audit page in the browser', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let page: Page
  let client: HuaweiClient
  let id: string
  before(async () => {
    stage = await ConsoleStage.start()
    client = stage.server.client()
    page = (await stage.person()).page
    id = await client.createKey({ key_alias: alias, key_description: description })
    await client.encrypt(id, 'x')
    await client.call('encrypt-data', {
      key_id: '00000000-0000-4000-8000-000000000000',
      plain_text: 'x',
    })
    const stranger = new AdminClient(stage.server.url)
    for (let i = 0; i < 3; i++)
      assert.equal((await stranger.signIn('admin', 'wrong password 1')).status, 401)
    await stranger.call('GET', '/keys')
    stranger.close()
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
  })

  const open = async (path: string, language: Language = 'en'): Promise<Say> => {
    await page.goto(stage.url(path))
    await page.evaluate((value) => localStorage.setItem('holdfast.language', value), language)
    await page.goto(stage.url(path))
    await page.locator('html', { has: page.locator('main') }).waitFor()
    return sayIn(language)
  }
  const rows = () => page.locator('table tbody tr')
  /** Texts of a column's values that filter when they are clicked. */
  const shown = async (column: number): Promise<string[]> => [
    ...new Set(
      await rows().locator(`:scope > :nth-child(${column}) .filter-value`).allInnerTexts(),
    ),
  ]

  for (const language of languages)
    test(`every operation, outcome, caller and key that the table shows is accepted by its field and finds records (${language})`, async () => {
      const say = await open('/audit', language)
      await rows().first().waitFor()
      const fields: readonly [label: string, column: number][] = [
        [say('audit.operation'), 2],
        [say('audit.outcome'), 3],
        [say('words.caller'), 4],
        [say('words.key'), 5],
      ]
      let tried = 0
      for (const [label, column] of fields) {
        const values = await shown(column)
        assert.ok(values.length > 1, `${label}: ${values}`)
        for (const value of values) {
          const field = page.getByRole('main').getByLabel(label, { exact: true })
          await field.fill(value)
          await until(async () => {
            const found = await shown(column)
            return found.length > 0 && found.includes(value)
          }, 10_000)
          await field.fill('')
          tried++
        }
      }
      assert.ok(tried > 10)
    })

  test('a value that is clicked filters by it, and its chip removes that', async () => {
    const say = await open('/audit')
    await rows().first().waitFor()
    await rows()
      .locator('.filter-value', { hasText: say('audit.unknownCaller') })
      .first()
      .click()
    await until(async () => (await shown(4)).join() === say('audit.unknownCaller'), 10_000)
    assert.match(page.url(), /caller=unknown/)
    await page
      .getByRole('button', {
        name: say('audit.clear', {
          chip: say('audit.chip', { name: say('words.caller'), value: say('audit.unknownCaller') }),
        }),
      })
      .click()
    await until(async () => (await shown(4)).length > 1, 10_000)
    assert.doesNotMatch(page.url(), /caller/)
  })

  test('by alias; an unknown name is reported as unknown', async () => {
    const say = await open('/audit')
    await rows().first().waitFor()
    await page.getByRole('main').getByLabel(say('words.key'), { exact: true }).fill(alias)
    await until(async () => (await shown(5)).join() === `${id.slice(0, 8)}…${id.slice(-4)}`, 10_000)
    const said = async (query: string): Promise<string> => {
      await open(`/audit?${query}`)
      return page.locator('.empty').textContent().then(String)
    }
    assert.equal(await said('key_id=payrol'), say('audit.notKnown.key_id', { text: 'payrol' }))
    assert.equal(
      await said('operation=encript'),
      say('audit.notKnown.operation', { text: 'encript' }),
    )
    assert.equal(await said('outcome=fine'), say('audit.notKnown.outcome', { text: 'fine' }))
    assert.equal(
      await said('caller=Mallory+M%C3%BCller'),
      say('audit.notKnown.caller', { text: 'Mallory Müller' }),
    )
    assert.equal(
      await said('from=yesterday&operation=rotate-on-demand'),
      say('audit.notKnown.from', { text: 'yesterday' }),
    )
    assert.equal(
      await said('from=2026-02-02T10:00&to=2026-02-01T10:00'),
      say('audit.notKnown.order'),
    )
    assert.equal(await said('operation=rotate-on-demand'), say('audit.noMatch'))
  })

  test('console reads are hidden, counted and shown: in the log, with a key, and in what was done recently', async () => {
    const say = await open(`/keys/${id}`)
    const recent = page.locator('.record-list li')
    await recent.first().waitFor()
    await open(`/keys/${id}`)
    await recent.first().waitFor()
    assert.ok(
      !(await recent.allInnerTexts()).some((text) =>
        text.includes(say('operations.describe-key-card')),
      ),
    )
    await page.locator('.hidden-reads').waitFor()
    await page.getByRole('button', { name: say('audit.show'), exact: true }).click()
    await page.waitForURL(/activity\?reads=shown/)
    await until(async () => (await shown(2)).includes(say('operations.describe-key-card')), 10_000)
    await page.getByRole('button', { name: say('audit.hideReads') }).click()
    await until(async () => !(await shown(2)).includes(say('operations.describe-key-card')), 10_000)
    await open('/audit')
    await page.locator('.hidden-reads').waitFor()
    assert.match(
      String(await page.locator('.hidden-reads').textContent()),
      /^\d+ console reads hidden\./,
    )
  })

  test('failed sign-ins are a finding, which leads to them', async () => {
    const say = await open('/')
    const sentence = say('finding.sign-ins-failed', { n: '3', count: 3, from: '127.0.0.1' })
    const item = page.locator('.finding', { hasText: sentence })
    await item.getByRole('link').click()
    await until(async () => (await rows().count()) === 3, 10_000)
    assert.deepEqual(await shown(4), [say('audit.unknownCaller')])
    assert.deepEqual(await page.locator('.lead').allTextContents(), [
      say('audit.lead'),
      say('audit.leadFirst'),
    ])
  })

  test('any text typed into the key searches finds the keys that show it', async () => {
    const say = await open('/keys')
    await rows().first().waitFor()
    const field = page.getByRole('main').getByRole('searchbox').first()
    for (const text of [description, 'a+b', '密钥 %']) {
      await field.fill(text)
      await until(async () => new URL(page.url()).searchParams.get('text') === text, 10_000)
      await until(async () => (await rows().count()) === 1, 10_000)
      await page.reload()
      await until(
        async () => (await rows().count()) === 1 && (await field.inputValue()) === text,
        10_000,
      )
      await page.getByLabel(say('shell.search')).fill(text)
      await page.getByLabel(say('shell.search')).press('Enter')
      await until(
        async () =>
          (await rows().count()) === 1 && new URL(page.url()).searchParams.get('text') === text,
        10_000,
      )
    }
    await field.fill('a%2Bb')
    await until(async () => (await rows().count()) === 0, 10_000)
  })
})
