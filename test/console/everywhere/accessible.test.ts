/**
 * WCAG 2.2 AA, as far as a machine can tell: axe over every page, step and dialog, in both
 * languages, wide and narrow, and in one of them in both appearances. At 320 CSS pixels nothing
 * scrolls sideways except elements with a scroller of their own (1.4.10).
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { ConsoleStage, type Person, withoutChromium } from '../browser.ts'
import { emptySurfaces, Reader, type Surface, seed, surfacesOf } from '../surfaces.ts'
import { type Language, languages, sayIn } from '../tables.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const options = (runOnly: object) => ({
  runOnly,
  resultTypes: ['violations'],
  // Style sheets come from our own origin, and their text is not checked.
  preload: false,
})
const everything = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
}
/** Appearances differ only in colours. */
const colours = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }
/** What axe found, a line for each element. */
const run = (
  rules: object,
): string => `axe.run(document, ${JSON.stringify(options(rules))}).then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
  nodes.map((node) => id + ': ' + help + '\\n    ' + node.target.join(' ') + '\\n    ' + node.html.slice(0, 200) + '\\n    ' + [...node.any, ...node.all, ...node.none][0]?.message)))`

/**
 * Everything wider than its place: the page itself, or an element that scrolls without a name or
 * out of reach of the keyboard.
 */
const sideways = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => {
  const found = []
  const { scrollWidth } = document.documentElement
  if (scrollWidth > innerWidth) found.push('the page is ' + scrollWidth + ' wide')
  for (const element of document.querySelectorAll('*')) {
    const { overflowX } = getComputedStyle(element)
    if (!['auto', 'scroll'].includes(overflowX) || element.scrollWidth <= element.clientWidth || element.matches('textarea, html')) continue
    const named = element.hasAttribute('aria-label') || element.hasAttribute('aria-labelledby')
    if (element.matches(':has(> .table.cards)')) found.push('cards are ' + element.scrollWidth + ' wide: ' + element.innerText.slice(0, 120))
    if (!named || element.tabIndex !== 0) found.push('a scroller without a name or out of reach: ' + element.outerHTML.slice(0, 120))
  }
  const isHeld = (element) => element !== null && element !== document.body && (getComputedStyle(element).overflowX !== 'visible' || isHeld(element.parentElement))
  for (const element of document.querySelectorAll('body *')) {
    const { right, width } = element.getBoundingClientRect()
    if (width > 0 && right > innerWidth + 0.5 && !isHeld(element.parentElement)) found.push('reaches ' + right + ': ' + element.outerHTML.slice(0, 120))
  }
  return found
})`

const wide = { width: 1280, height: 900 }
const narrow = { width: 360, height: 740 }
const narrowest = { width: 320, height: 640 }

describe('the console, looked at by axe', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  const readers = new Map<Language, Reader>()

  /** The page's CSP would block what a test injects. */
  const seat = { bypassCSP: true } as const
  const speak = async ({ context }: Person, language: Language): Promise<void> => {
    await context.addInitScript(
      `localStorage.setItem('holdfast.language', ${JSON.stringify(language)})`,
    )
  }

  before(async () => {
    stage = await ConsoleStage.start()
  })
  after(async () => {
    await stage[Symbol.asyncDispose]()
  })

  /** Everything that is wrong with the current view. */
  const faults = async (
    page: Page,
    { only }: Pick<Surface, 'only'>,
    language: Language,
  ): Promise<string[]> => {
    if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(axe)
    const found: string[] = []
    for (const size of only === 'wide' ? [wide] : only === 'narrow' ? [narrow] : [wide, narrow]) {
      await page.setViewportSize(size)
      // A target that is half hidden under the bar at the top is not too small.
      await page.evaluate('scrollTo(0, 0)')
      // Colours are the same in each language.
      const schemes = language === 'en' ? (['light', 'dark'] as const) : (['light'] as const)
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        for (const fault of await page.evaluate<string[]>(
          run(colorScheme === 'light' ? everything : colours),
        ))
          found.push(`${size.width} ${colorScheme} ${fault}`)
      }
    }
    if (only !== 'wide') {
      await page.setViewportSize(narrowest)
      for (const fault of await page.evaluate<string[]>(sideways)) found.push(`320 ${fault}`)
    }
    return found
  }

  const looksAt = async (surface: Surface): Promise<void> => {
    const found = await Promise.all(
      languages.map(async (language) => {
        const reader = readers.get(language) as Reader
        const { page } = reader
        await page.setViewportSize(surface.only === 'narrow' ? narrow : wide)
        await surface.go(reader)
        const { title, lang } = await page.evaluate<{ title: string; lang: string }>(
          '({ title: document.title, lang: document.documentElement.lang })',
        )
        assert.match(title, /. - Holdfast$/)
        assert.equal(lang, language)
        return (await faults(page, surface, language)).map((fault) => `${language} ${fault}`)
      }),
    )
    assert.deepEqual(found.flat(), [])
  }

  test('21: sign-in, wrong password and the first password', async () => {
    const found: string[] = []
    for (const language of languages) {
      const person = await stage.visitor(seat)
      await speak(person, language)
      const { page } = person
      await page.goto(stage.url('/'))
      await page.locator('input[name=user_name]').waitFor()
      for (const fault of await faults(page, {}, language))
        found.push(`${language} sign-in ${fault}`)
      await page.locator('input[name=user_name]').fill(stage.userName)
      await page.locator('input[name=password]').fill('wrong')
      await page.locator('form button[type=submit]').click()
      await page.getByText(sayIn(language)('message.credentialsWrong')).waitFor()
      for (const fault of await faults(page, {}, language))
        found.push(`${language} refused ${fault}`)
      await page.locator('input[name=password]').fill(stage.initialPassword)
      await page.locator('form button[type=submit]').click()
      await page.locator('input[autocomplete=new-password]').first().fill('short')
      for (const fault of await faults(page, {}, language))
        found.push(`${language} first password ${fault}`)
      await person.context.close()
    }
    assert.deepEqual(found, [])
  })

  test('21: a new service', async (t) => {
    for (const language of languages) {
      const person = await stage.person('/', seat)
      await speak(person, language)
      readers.set(language, new Reader(person.page, sayIn(language), (path) => stage.url(path)))
    }
    for (const surface of emptySurfaces) await t.test(surface.name, () => looksAt(surface))
  })

  test('21: a service in use', async (t) => {
    const client = stage.server.client()
    const seeds = await seed(client)
    client.close()
    for (const surface of surfacesOf(seeds)) await t.test(surface.name, () => looksAt(surface))
  })
})
