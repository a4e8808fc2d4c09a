/**
 * Changing to Chinese: nothing English is left, and everything that a person has done stays.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import { emptySurfaces, Reader, seed, surfacesOf } from '../surfaces.ts'
import { sayIn, tables } from '../tables.ts'
import * as wizard from '../wizard.ts'

/**
 * Everything that is seen or read out, except what is the same in every language: code, and what is
 * set in the font of code, which is identifiers and values; what was typed; and what is written in
 * another language on purpose.
 */
const texts = `(() => {
  const same = 'code, pre, kbd, .mono, output, textarea, style, [lang]:not(html), .key-cap, .account'
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) || element.matches('option')
  const root = document.querySelector('dialog[open]') ?? document.body
  const found = [document.title]
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    if (node.data.trim() !== '' && seen(element) && element.closest(same) === null) found.push(node.data.trim())
  }
  for (const element of root.querySelectorAll('[aria-label], [placeholder], [title], [alt]'))
    for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
      if (element.hasAttribute(name) && seen(element)) found.push(element.getAttribute(name))
  return found
})()`

/**
 * What the Chinese texts themselves write in Latin letters: names of formats, tools and algorithms.
 */
const names = new Set(
  [...tables['zh-CN'].values()].flatMap(
    (text) => text.replaceAll(/\{\w+\}/g, '').match(/[A-Za-z][A-Za-z0-9]*/g) ?? [],
  ),
)
/**
 * Words that no table holds: formats, and the examples in two fields of the audit log, which take
 * values as the log has them.
 */
const others = ['encrypt', 'ok', 'refused', 'UTC', 'PEM', 'JWK', 'SPKI', 'JSON', 'CSV', 'QR']
/** Aliases, tags, grants, users and places of this test, the region and the project. */
const data =
  /\balias\/[\w/-]+|\b(?:stage|payments|team|shop)\b|orders-db|legacy-tls|payroll-hsm|code-signing|waiting|emptied|old-invoices|kept-\d|done-\d+|Orders of the shop|admin|material\.bin|vault 7/g
/**
 * IDs, also cut short; access keys; the initials of the user; key specs; algorithms; operations as
 * the log has them; addresses and versions.
 */
const identifiers =
  /[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{32}(?:[0-9a-f]{32})?\b|\b[A-Z0-9]{20}\b|\bAD\b|[0-9a-f]{8}…[0-9a-f]{4}|\b(AES|SM|RSA|EC|SECP|ED|HMAC)[\w-]*|\b[A-Z]+(_[A-Z0-9]+)+|\b[a-z]+(-[a-z]+)+\b|\b[0-9A-F]{4}(-[0-9A-F]{4})+|\bHF[A-Z0-9]+\b/g

function english(text: string, project: RegExp): readonly string[] {
  const rest = text.replaceAll(project, '').replaceAll(data, '').replaceAll(identifiers, '')
  return (rest.match(/[A-Za-z][A-Za-z0-9]+/g) ?? []).filter(
    (word) => !names.has(word) && !others.includes(word),
  )
}

/** Half-width punctuation between words of which one is Chinese. */
const isEnglishJoin = (text: string): boolean =>
  /\p{Script=Han}[,:;] |[,:;] \p{Script=Han}/u.test(text)

describe('the console in Chinese', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let page: Page
  let project: RegExp
  before(async () => {
    stage = await ConsoleStage.start()
    page = (await stage.person()).page
    const { project_name, region } = stage.server.client().credentials
    project = new RegExp(
      [project_name, region].map((name) => name.replaceAll('.', '\\.')).join('|'),
      'g',
    )
  })
  after(async () => {
    await stage[Symbol.asyncDispose]()
  })
  const lang = (at = page): Promise<string> => at.evaluate('document.documentElement.lang')
  const change = async (to: 'English' | '简体中文', at = page): Promise<void> => {
    await at.getByRole('button', { name: /^(Language|语言)$/ }).click()
    await at.getByRole('menuitemcheckbox', { name: to }).click()
    await at
      .locator(`html[lang=${to === 'English' ? 'en' : 'zh-CN'}]`)
      .waitFor({ state: 'attached' })
    await at.keyboard.press('Escape')
    await at.locator('.menu').waitFor({ state: 'detached' })
  }
  const leftIn = async (at = page): Promise<readonly string[]> =>
    (await at.evaluate<string[]>(texts)).flatMap((text) => {
      const words = english(text, project)
      return words.length > 0 || isEnglishJoin(text) ? [`${text} (${words.join(' ')})`] : []
    })

  test('23: sign-in changes its language and keeps what was typed', async () => {
    const { page: visitor } = await stage.visitor()
    await visitor.goto(stage.url('/'))
    await visitor.getByLabel('User name').fill('somebody')
    assert.ok((await leftIn(visitor)).length > 3, 'English is detected')
    await change('简体中文', visitor)
    assert.equal(
      await visitor.getByLabel(sayIn('zh-CN')('signIn.userName')).inputValue(),
      'somebody',
    )
    assert.equal(await lang(visitor), 'zh-CN')
    assert.deepEqual(await leftIn(visitor), [])
  })

  test('23: no English in a new service', async (t) => {
    await change('简体中文')
    const reader = new Reader(page, sayIn('zh-CN'), (path) => stage.url(path))
    for (const surface of emptySurfaces)
      await t.test(surface.name, async () => {
        await surface.go(reader)
        assert.deepEqual(await leftIn(), [])
      })
    page.removeAllListeners('dialog')
    await change('English')
  })

  test('23: page, filters, typed text and material in the page stay', async () => {
    const client = stage.server.client()
    for (const alias of ['kept-1', 'kept-2']) await client.createKey({ key_alias: alias })
    client.close()
    await page.goto(stage.url('/keys'))
    await page.getByRole('searchbox', { name: 'Search alias, ID, tag, description' }).fill('kept')
    await page.getByRole('combobox', { name: 'Status' }).selectOption('enabled')
    await page.getByText('1–2 of 2').waitFor()
    await page.waitForURL(/text=kept/)
    const address = page.url()
    await change('简体中文')
    assert.equal(await lang(), 'zh-CN')
    assert.equal(page.url(), address)
    assert.equal(
      await page.getByRole('searchbox', { name: sayIn('zh-CN')('keys.search') }).inputValue(),
      'kept',
    )
    assert.equal(
      await page.getByRole('combobox', { name: sayIn('zh-CN')('words.status') }).inputValue(),
      'enabled',
    )
    await page.reload()
    await page.getByRole('heading', { name: sayIn('zh-CN')('nav.keys') }).waitFor()
    assert.equal(await lang(), 'zh-CN', 'it is remembered')
    await change('English')

    await page.goto(stage.url('/try'))
    await page.getByLabel('Plaintext').fill('four anvils')
    await page.getByRole('button', { name: 'Add a context entry' }).click()
    await page.getByLabel('Name of context entry 1').fill('order')
    await change('简体中文')
    assert.equal(
      await page.getByLabel(sayIn('zh-CN')('words.plaintext')).inputValue(),
      'four anvils',
    )
    assert.equal(
      await page.getByLabel(sayIn('zh-CN')('try.contextName', { n: 1 })).inputValue(),
      'order',
    )
    await change('English')

    await wizard.createEmpty(page, stage.url(''), 'kept-3', 'Encrypt and decrypt data', 'AES_256')
    await wizard.chooseFile(page, randomBytes(32))
    const value = await wizard.shownValue(page)
    await wizard.next(page)
    await wizard.next(page)
    await wizard.keptIn(page, 'the safe')
    await change('简体中文')
    assert.equal(
      await page.getByLabel(sayIn('zh-CN')('import.backup.placeLabel')).inputValue(),
      'the safe',
    )
    await change('English')
    await page.getByRole('button', { name: 'Back', exact: true }).click()
    await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
    await page.getByRole('button', { name: 'Back', exact: true }).click()
    await page.getByRole('heading', { name: 'Where does your material come from?' }).waitFor()
    assert.ok(value.length > 0)
    assert.equal(
      await page.getByRole('button', { name: 'Continue' }).getAttribute('aria-disabled'),
      null,
      'the material is still there',
    )
  })

  test('23: the text of a refusal that is shown follows the language', async () => {
    await page.goto(stage.url('/try'))
    await page.getByRole('button', { name: 'Encrypt', exact: true }).last().click()
    await page.getByText('This is empty or not text. Nothing was sent.').waitFor()
    await change('简体中文')
    const chinese = sayIn('zh-CN')
    await page.getByText(chinese('try.badInput', { form: chinese('try.form.text') })).waitFor()
    assert.deepEqual(await leftIn(), [])
    await change('English')
    await page.goto(stage.url('/keys/new'))
    await page.getByLabel('Alias').fill('not an alias')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText(sayIn('en')('errors.alias-invalid')).waitFor()
    await change('简体中文')
    await page.getByText(chinese('errors.alias-invalid')).waitFor()
    assert.equal(await page.locator('input[name=alias]').inputValue(), 'not an alias')
    assert.deepEqual(await leftIn(), [])
    await change('English')
  })

  test('23: no English on any page, step or dialog', async (t) => {
    const client = stage.server.client()
    const seeds = await seed(client)
    client.close()
    await page.goto(stage.url('/'))
    await change('简体中文')
    const reader = new Reader(page, sayIn('zh-CN'), (path) => stage.url(path))
    for (const surface of surfacesOf(seeds))
      await t.test(surface.name, async () => {
        await page.setViewportSize(
          surface.only === 'narrow' ? { width: 360, height: 740 } : { width: 1280, height: 900 },
        )
        await surface.go(reader)
        assert.equal(await lang(), 'zh-CN')
        assert.deepEqual(await leftIn(), [])
      })
  })
})
