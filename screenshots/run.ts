/**
 * The picture tour of README and docs/console.md: a deployment with some weeks of use behind it,
 * and every page of the console in both languages and both appearances. `npm run screenshots`
 * writes what the documents show to docs/images; with a folder, all pictures go there.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { ConsoleStage, withoutChromium } from '../test/console/browser.ts'
import * as wizard from '../test/console/wizard.ts'
import { newFolder } from '../test/e2e/server.ts'
import { hooksModule, moveClock } from '../test/fakes/hooks.ts'
import { type Seeded, seed } from './seed.ts'

const { values } = parseArgs({ options: { all: { type: 'string' } } })
const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
if (withoutChromium !== false) {
  process.stderr.write(`screenshots: ${withoutChromium}\n`)
  process.exit(1)
}

type Picture = {
  readonly name: string
  readonly take: (page: Page, url: (path: string) => string) => Promise<void>
}

/** Opens a page and waits until nothing moves any more. */
const at =
  (path: string, ready = 'main h1') =>
  async (page: Page, url: (path: string) => string): Promise<void> => {
    await page.goto(url(path))
    await page.locator(ready).first().waitFor()
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
    await page.waitForTimeout(300)
  }

function pictures({ imported, pair, madeHere, begun }: Seeded): readonly Picture[] {
  const made = async (page: Page, url: (path: string) => string): Promise<void> => {
    await at(`/keys/${begun}/import`)(page, url)
    await page.locator('.cards input[type=radio], .radio-card input').first().check()
  }
  return [
    { name: 'overview', take: at('/', '.chart') },
    { name: 'keys', take: at('/keys', '.table tbody tr') },
    { name: 'key', take: at(`/keys/${imported}`) },
    { name: 'key-rotation', take: at(`/keys/${madeHere}/rotation`) },
    { name: 'key-aliases', take: at(`/keys/${imported}/aliases`) },
    { name: 'key-tags', take: at(`/keys/${imported}/tags`) },
    { name: 'key-grants', take: at(`/keys/${imported}/grants`) },
    { name: 'key-public', take: at(`/keys/${pair}/public-key`) },
    { name: 'key-activity', take: at(`/keys/${imported}/activity`) },
    { name: 'key-danger', take: at(`/keys/${imported}/danger`) },
    { name: 'create', take: at('/keys/new') },
    { name: 'import-kind', take: at('/keys/import') },
    { name: 'import-material', take: made },
    { name: 'drill', take: at(`/keys/${imported}/drill`) },
    { name: 'imports', take: at('/imports') },
    { name: 'try', take: at(`/try?key=${madeHere}`) },
    { name: 'identify', take: at('/try/identify') },
    { name: 'audit', take: at('/audit', '.table tbody tr') },
    { name: 'people', take: at('/people') },
    { name: 'system', take: at('/system') },
    { name: 'not-found', take: at('/no-such-page') },
  ]
}

const data = newFolder()
const clockFile = join(data, 'clock')
moveClock(clockFile, { wallMs: -42 * 86_400_000, monotonicMs: 0 })
await using stage = await ConsoleStage.start({
  data,
  hooks: { module: hooksModule, data: { clockFile } },
})
const client = stage.server.client()
const seeded = await seed(client, (ms) =>
  moveClock(clockFile, { wallMs: -ms, monotonicMs: 42 * 86_400_000 - ms }),
)
client.close()

const looks = [
  ['en', 'light'],
  ['en', 'dark'],
  ['zh-CN', 'light'],
  ['zh-CN', 'dark'],
] as const
const signIn = await stage.visitor()
await signIn.page.goto(stage.url())
await stage.enter(signIn.page)
for (const [language, appearance] of looks) {
  const { page, context } = await stage.visitor({
    locale: language,
    colorScheme: appearance,
    deviceScaleFactor: values.all === undefined ? 1 : 1.5,
  })
  const folder = values.all ?? join(root, 'docs/images')
  mkdirSync(folder, { recursive: true })
  const save = async (name: string): Promise<void> => {
    await page.screenshot({
      path: join(folder, `${name}-${language}-${appearance}.png`),
      fullPage: values.all !== undefined,
    })
  }
  await page.goto(stage.url())
  await page.locator('input[name=user_name]').waitFor()
  if (values.all !== undefined) await save('sign-in')
  await stage.enter(page)
  for (const { name, take } of pictures(seeded)) {
    if (values.all === undefined && !isShown(name, language, appearance)) continue
    await take(page, (path) => stage.url(path))
    await save(name)
  }
  if (language === 'en' && appearance === 'light') await wizardPictures(page, save)
  await context.close()
}

/** What the documents show: every picture costs a reader's time and the repository's size. */
function isShown(name: string, language: string, appearance: string): boolean {
  if (language === 'en' && appearance === 'light') return ['overview', 'keys', 'key'].includes(name)
  return name === 'overview' && language === 'zh-CN' && appearance === 'dark'
}

/** The wizard with material in the page: its checks, its backup, its result. */
async function wizardPictures(page: Page, save: (name: string) => Promise<void>): Promise<void> {
  await wizard.createEmpty(
    page,
    stage.url(''),
    'payments/refunds',
    'Encrypt and decrypt data',
    'AES_256',
  )
  await page.getByRole('radio', { name: 'Make it here' }).check()
  await page.getByRole('button', { name: 'Make 32 bytes' }).click()
  await page.locator('.panel', { hasText: 'Your material' }).waitFor()
  await wizard.next(page)
  await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
  await save('import-checks')
  await wizard.next(page)
  await wizard.backUpToFile(page)
  await save('import-backup')
  await wizard.next(page)
  if (values.all !== undefined) await save('import-expiry')
  await wizard.next(page)
  if (values.all !== undefined) await save('import-review')
  await wizard.submit(page)
  await save('import-result')
}
