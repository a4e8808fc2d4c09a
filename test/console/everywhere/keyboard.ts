/** A keyboard user who looks where the focus is after every key that moves it. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { until } from '../../e2e/until.ts'

type Focus = { readonly name: string; readonly html: string; readonly faults: readonly string[] }

/**
 * What has the focus, and why a person may not see it: out of view, covered, or without a focus
 * ring. Null where nothing has it.
 */
const look = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return null
  const textOf = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
  const name = element.getAttribute('aria-label') ?? (element.hasAttribute('aria-labelledby') ? textOf(element.getAttribute('aria-labelledby')) : undefined)
    ?? (element.labels?.length > 0 ? element.labels[0].textContent : element.textContent)
  const faults = []
  const [box] = element.getClientRects()
  const style = getComputedStyle(element)
  const hasRing = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none'
  if (!hasRing) faults.push('no ring')
  if (box === undefined) faults.push('no place')
  else {
    const x = Math.min(innerWidth - 1, Math.max(0, box.left + box.width / 2))
    // An element taller than the window is seen in part.
    const isHigh = box.height > innerHeight - 160
    if (!isHigh && (box.top < -1 || box.bottom > innerHeight + 1)) faults.push('out of view: ' + box.top + ' to ' + box.bottom + ' of ' + innerHeight)
    if (box.right < 0 || box.left > innerWidth) faults.push('out of view sideways')
    for (const y of isHigh ? [innerHeight / 2] : [box.top + 2, box.top + box.height / 2, box.bottom - 2]) {
      const hit = document.elementFromPoint(x, y)
      if (hit === null || !(element.contains(hit) || hit.contains(element))) faults.push('hidden at ' + Math.round(y) + ' by ' + hit?.outerHTML.slice(0, 100))
    }
  }
  return { name: name.replaceAll(/\\s+/g, ' ').trim(), html: element.outerHTML.slice(0, 160), faults }
})()`

const stepsLimit = 80

export class Keyboard {
  readonly page: Page
  /** How many times the focus was checked. */
  looked = 0

  constructor(page: Page) {
    this.page = page
  }

  focus(): Promise<Focus | null> {
    return this.page.evaluate(look)
  }

  /** Presses keys one after another and checks that the focus can be seen after each of them. */
  async press(...keys: readonly string[]): Promise<Focus | null> {
    let found: Focus | null = null
    for (const key of keys) {
      await this.page.keyboard.press(key)
      found = await this.focus()
      if (found === null) continue
      this.looked++
      if (/^(Shift\+)?Tab$|^Arrow/.test(key))
        assert.deepEqual(found.faults, [], `${key} to ${found.html}`)
    }
    return found
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text)
  }

  /** Tab, until an element with this name has the focus. */
  async to(name: string | RegExp, key = 'Tab'): Promise<void> {
    const isIt = (found: Focus | null): boolean =>
      found !== null && (typeof name === 'string' ? found.name === name : name.test(found.name))
    const passed: string[] = []
    for (let step = 0; step < stepsLimit; step++) {
      const found = await this.press(key)
      if (isIt(found)) return
      passed.push(found?.name ?? '-')
    }
    assert.fail(`${key} does not reach ${name}: ${passed.join(' | ')}`)
  }

  /** Waits until the page of that title is there: what led to it may have the same name. */
  isOnPage(title: string): Promise<void> {
    return this.isOn(title, '<h1')
  }

  /** Waits until the focus is where it has to be after something happened. */
  async isOn(name: string | RegExp, html = ''): Promise<void> {
    let found: Focus | null = null
    const isIt = async (): Promise<boolean> => {
      found = await this.focus()
      if (found === null || !found.html.startsWith(html)) return false
      return typeof name === 'string' ? found.name === name : name.test(found.name)
    }
    await until(isIt, 10_000).catch(() =>
      assert.fail(`the focus is on ${JSON.stringify(found)}, not on ${name}`),
    )
  }
}
