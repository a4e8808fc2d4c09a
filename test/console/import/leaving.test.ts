/**
 * Every way out of a page that holds material: it asks once, always in the same way, and the
 * material is overwritten afterwards.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Page } from 'playwright-core'
import { sealBackup } from '../../../src/custody/backup-file.ts'
import { ConsoleStage, password, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

type WayOut = readonly [
  way: string,
  take: (page: Page) => Promise<unknown>,
  arrives: RegExp,
  /** What has to be done before the page holds anything. */
  prepare?: (page: Page) => Promise<unknown>,
]

const waysOut: readonly WayOut[] = [
  [
    'the button Leave',
    (page) => page.getByRole('button', { name: 'Leave', exact: true }).click(),
    /\/keys\/[0-9a-f-]{36}$/,
  ],
  [
    'the rail',
    (page) => page.locator('nav.rail').getByRole('link', { name: 'Audit' }).click(),
    /\/audit$/,
  ],
  [
    'a crumb',
    (page) => page.getByRole('main').getByRole('link', { name: 'Keys', exact: true }).click(),
    /\/keys$/,
  ],
  [
    'the search',
    async (page) => {
      await page.getByRole('searchbox').fill('some-key')
      await page.keyboard.press('Enter')
    },
    /\/keys\?text=some-key$/,
  ],
  [
    'a shortcut',
    async (page) => {
      await page.locator('h1').evaluate('document.activeElement.blur()')
      await page.keyboard.press('g')
      await page.keyboard.press('a')
    },
    /\/audit$/,
  ],
  ['Back', (page) => page.evaluate('history.back()'), /\/keys\/new$/],
  [
    'Forward',
    (page) => page.evaluate('history.forward()'),
    /\/audit$/,
    async (page) => {
      await page.locator('nav.rail').getByRole('link', { name: 'Audit' }).click()
      await page.waitForURL(/\/audit$/)
      await page.goBack()
      await page.getByRole('heading', { name: 'Where does your material come from?' }).waitFor()
    },
  ],
  ['two steps back', (page) => page.evaluate('history.go(-2)'), /\/keys$/],
  [
    'signing out',
    async (page) => {
      await page.getByRole('button', { name: /Account of/ }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
    },
    /\/sign-in$/,
  ],
]

describe('leaving a page that holds material', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  before(async () => {
    stage = await ConsoleStage.start()
  })
  after(() => stage[Symbol.asyncDispose]())

  const question = (page: Page) =>
    page.getByRole('alertdialog', { name: 'Leave with material on this page?' })
  const workers = (page: Page) => page.workers().length

  /** @param used a page that is signed in already. */
  async function atWizard(alias: string, used?: Page): Promise<{ page: Page; at: string }> {
    const page = used ?? (await stage.person('/people')).page
    await page.locator('nav.rail').getByRole('link', { name: 'Keys', exact: true }).click()
    await page.getByRole('link', { name: 'Create key' }).first().click()
    await page
      .getByRole('radio', { name: /External|own/i })
      .first()
      .check()
    await page.getByLabel('Alias').fill(alias)
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('heading', { name: 'Where does your material come from?' }).waitFor()
    return { page, at: page.url() }
  }

  for (const [i, [way, take, arrives, prepare]] of waysOut.entries())
    test(`${way}: asks once; Stay changes nothing; then the material is overwritten and the page is left`, async () => {
      const { page, at } = await atWizard(`left-${i}`)
      await prepare?.(page)
      await wizard.chooseFile(page, randomBytes(32))
      await page.locator('.panel', { hasText: 'Your material' }).waitFor()
      assert.equal(workers(page), 1)
      await take(page)
      await question(page).waitFor()
      await question(page).getByRole('button', { name: 'Stay' }).click()
      await question(page).waitFor({ state: 'detached' })
      assert.equal(page.url(), at)
      await page.locator('.panel', { hasText: 'Your material' }).waitFor()
      assert.equal(workers(page), 1, 'still held')
      await take(page)
      await question(page).getByRole('button', { name: 'Overwrite and leave' }).click()
      await page.waitForURL(arrives)
      assert.equal(await question(page).count(), 0)
      for (let tries = 0; tries < 50 && workers(page) > 0; tries++) await page.waitForTimeout(100)
      assert.equal(workers(page), 0, 'the worker that held it has ended')
      await page.context().close()
    })

  const silent = waysOut.filter(([way]) =>
    ['the rail', 'Back', 'Forward', 'signing out'].includes(way),
  )
  for (const [i, [way, take, arrives, prepare]] of silent.entries())
    test(`${way}: asks nothing where there is no material`, async () => {
      const { page } = await atWizard(`empty-${i}`)
      await prepare?.(page)
      await take(page)
      await page.waitForURL(arrives)
      assert.equal(await question(page).count(), 0)
      await page.context().close()
    })

  /** What a page may hold although nothing was read yet, and how a person empties it again. */
  type Unread = readonly [
    what: string,
    put: (page: Page) => Promise<unknown>,
    empty: (page: Page) => Promise<unknown>,
  ]
  const pasted = (page: Page) => page.getByLabel('Hexadecimal, base64 or PEM')
  const secret = Buffer.concat([randomBytes(31), Buffer.of(0xff)])
  const sources = (page: Page, name: string) =>
    page.getByRole('radio', { name, exact: true }).check()
  const byFile = async (page: Page) =>
    page.getByRole('radio', { name: 'From a file or text' }).check()
  const unread: readonly Unread[] = [
    [
      'a text that was pasted',
      async (page) => {
        await byFile(page)
        await sources(page, 'Paste or type')
        await pasted(page).fill(secret.toString('hex'))
      },
      (page) => pasted(page).fill(''),
    ],
    [
      'a text that was refused',
      async (page) => {
        await wizard.pasteText(page, secret.toString('hex').slice(1))
        await page.getByText(/No material was stored/).waitFor()
      },
      (page) => pasted(page).fill(''),
    ],
    [
      'a word of a share',
      async (page) => {
        await byFile(page)
        await sources(page, 'Paper shares')
        await page.getByLabel('Words of share 2').fill('abandon')
      },
      (page) => page.getByLabel('Words of share 2').fill(''),
    ],
    [
      'a file that ends with a line break',
      async (page) => {
        await wizard.chooseFile(page, Buffer.concat([secret, Buffer.from('\n')]))
        await page.getByText('The file ends with a line break after 32 bytes.').waitFor()
      },
      (page) => page.getByRole('button', { name: 'Choose another file' }).click(),
    ],
    [
      'a passphrase',
      async (page) => {
        await wizard.chooseFile(
          page,
          await sealBackup(secret, {
            recipients: [await identityToRecipient(await generateX25519Identity())],
          }),
        )
        await page.getByLabel(/Passphrase, or identity/).fill('open sesame')
      },
      (page) => page.getByLabel(/Passphrase, or identity/).fill(''),
    ],
  ]
  let one: Page | undefined
  for (const [i, [what, put, empty]] of unread.entries())
    test(`${what}, not read yet: leaving asks as it does for what was read, and does not ask once it is empty`, async () => {
      const { page, at } = await atWizard(`unread-${i}`, one)
      one = page
      const rail = () => page.locator('nav.rail').getByRole('link', { name: 'Audit' }).click()
      await put(page)
      await rail()
      await question(page).getByRole('button', { name: 'Stay' }).click()
      await page.evaluate('history.back()')
      await question(page).getByRole('button', { name: 'Stay' }).click()
      assert.equal(page.url(), at)
      const asked = page.waitForEvent('dialog')
      void page.evaluate('location.reload()').catch(() => {})
      const dialog = await asked
      assert.equal(dialog.type(), 'beforeunload')
      await dialog.dismiss()
      await empty(page)
      await rail()
      await page.waitForURL(/\/audit$/)
      assert.equal(await question(page).count(), 0)
    })

  test('a pasted text is gone after Overwrite and leave, even if the way out leads nowhere', async () => {
    const { page } = await atWizard('nowhere-to-go')
    await unread[0]?.[1](page)
    await page.route('**/admin/v1/session', (route) => route.abort())
    const [, signOut] = waysOut.at(-1) ?? []
    await signOut?.(page)
    await question(page).getByRole('button', { name: 'Overwrite and leave' }).click()
    await page.getByText('Holdfast did not answer').first().waitFor()
    assert.equal(await pasted(page).inputValue(), '')
    await pasted(page).fill('once more')
    await page.evaluate('history.back()')
    await question(page).waitFor()
    await page.context().close()
  })

  /**
   * Ways to close a dialog without its buttons. A browser takes a second Escape for a yes, no
   * matter what the page says.
   */
  const closings: readonly (readonly [way: string, take: (page: Page) => Promise<unknown>])[] = [
    ['Escape', (page) => page.keyboard.press('Escape')],
    [
      'Escape, three times',
      async (page) => {
        for (let times = 0; times < 3; times++) await page.keyboard.press('Escape')
      },
    ],
    ['a click outside', (page) => page.mouse.click(5, 450)],
  ]
  test('the dialog that shows a secret key stays until the key is saved, and leaving asks', async () => {
    const { page } = await stage.person('/keys')
    await page.locator('nav.rail').getByRole('link', { name: 'People' }).click()
    const dialog = page.getByRole('dialog', { name: 'Your new access key' })
    await page.getByRole('button', { name: 'Create access key' }).click()
    await page.getByLabel('Current password').fill(password)
    await page.locator('dialog[open]').getByRole('button', { name: 'Create access key' }).click()
    await dialog.waitFor()
    for (const [way, close] of closings) {
      await close(page)
      assert.ok(await dialog.isVisible(), way)
    }
    await page.evaluate('history.back()')
    const secretQuestion = page.getByRole('alertdialog', {
      name: 'Leave before the secret key is saved?',
    })
    await secretQuestion.getByRole('button', { name: 'Stay' }).click()
    assert.ok(await dialog.isVisible())
    await page.getByRole('checkbox').check()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('the question itself is answered by its buttons: any other way to close it stays', async () => {
    const { page, at } = await atWizard('closed-otherwise')
    await wizard.chooseFile(page, randomBytes(32))
    await page.locator('.panel', { hasText: 'Your material' }).waitFor()
    for (const [way, close] of closings) {
      await page.locator('nav.rail').getByRole('link', { name: 'Audit' }).click()
      await question(page).waitFor()
      await close(page)
      if (await question(page).isVisible())
        await question(page).getByRole('button', { name: 'Stay' }).click()
      await question(page).waitFor({ state: 'detached' })
      assert.equal(page.url(), at, way)
      assert.equal(workers(page), 1, way)
    }
    await page.context().close()
  })

  for (const [way, take] of [
    ['reload', (page: Page) => page.evaluate('location.reload()')],
    ['closing the tab', (page: Page) => page.close({ runBeforeUnload: true })],
  ] as const)
    test(`${way}: the browser asks while there is material`, async () => {
      const { page } = await atWizard(`browser-${way.replaceAll(' ', '-')}`)
      await wizard.chooseFile(page, randomBytes(32))
      await page.locator('.panel', { hasText: 'Your material' }).waitFor()
      const asked = new Promise<string>((resolve) => {
        // The dialog is answered before the test goes on to close the page.
        page.once('dialog', (dialog) => void dialog.dismiss().then(() => resolve(dialog.type())))
      })
      void take(page).catch(() => {})
      assert.equal(await asked, 'beforeunload')
      await page.context().close()
    })
})
