/**
 * A real Chromium on a real server: one browser for a test file, a context of its own for each
 * person.
 */
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { readCredentials } from '../e2e/client.ts'
import { type ServerOptions, TestServer } from '../e2e/server.ts'
import { missing, tool } from '../tools.ts'

/** Why browser tests are left out, or false. */
export const withoutChromium = missing('chromium')

export const password = 'correct horse battery staple'

export type Person = { readonly context: BrowserContext; readonly page: Page }

/** A server, a browser, and the first user of the server, who has chosen a password. */
export class ConsoleStage {
  readonly server: TestServer
  readonly browser: Browser
  readonly userName: string
  readonly initialPassword: string
  readonly projectId: string
  readonly #contexts: BrowserContext[] = []

  private constructor(server: TestServer, browser: Browser) {
    const {
      user_name,
      password: initial,
      project_id,
    } = readCredentials(join(server.data, 'bootstrap.json'))
    this.server = server
    this.browser = browser
    this.userName = user_name
    this.initialPassword = initial
    this.projectId = project_id
  }

  static async start(options: ServerOptions = {}): Promise<ConsoleStage> {
    const server = await TestServer.start(options)
    const browser = await chromium.launch({
      executablePath: tool('chromium'),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--font-render-hinting=none',
      ],
    })
    return new ConsoleStage(server, browser)
  }

  /** A browser of its own, not signed in. */
  async visitor(options: BrowserContextOptions = {}): Promise<Person> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 900 },
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      acceptDownloads: true,
      reducedMotion: 'reduce',
      ...options,
    })
    this.#contexts.push(context)
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    return { context, page }
  }

  url(path = '/'): string {
    return `${this.server.url}/console${path}`
  }

  /** A browser that is signed in, at a page. */
  async person(path = '/', options: BrowserContextOptions = {}): Promise<Person> {
    const visitor = await this.visitor(options)
    await this.enter(visitor.page, path)
    return visitor
  }

  /** Signs in; the first time it sets the password as well. */
  async enter(page: Page, path = '/'): Promise<void> {
    await page.goto(this.url(path))
    await page.locator('input[name=user_name]').fill(this.userName)
    await page
      .locator('input[name=password]')
      .fill(this.#hasPassword ? password : this.initialPassword)
    await page.locator('form button[type=submit]').click()
    if (!this.#hasPassword) {
      const fields = page.locator('input[autocomplete=new-password]')
      await fields.nth(0).fill(password)
      await fields.nth(1).fill(password)
      await page.locator('form button[type=submit]').click()
      this.#hasPassword = true
    }
    await page.locator('nav.rail, .top-bar').first().waitFor()
  }
  #hasPassword = false

  /** For a test that did by itself what `enter` does the first time. */
  chosePassword(): void {
    this.#hasPassword = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const context of this.#contexts) await context.close()
    await this.browser.close()
    await this.server[Symbol.asyncDispose]()
  }
}
