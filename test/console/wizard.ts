/** What a person does in the wizard, step by step. */
import { readFileSync } from 'node:fs'
import type { Download, Page } from 'playwright-core'

export const next = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Continue', exact: true }).click()

/** Step 1: the empty key. @returns its ID. */
export async function createEmpty(
  page: Page,
  base: string,
  alias: string,
  kind: string,
  spec: string,
): Promise<string> {
  await page.goto(`${base}/keys/import`)
  await page.getByRole('radio', { name: kind }).check()
  await page.getByLabel('Spec').selectOption(spec)
  await page.getByLabel('Alias').fill(alias)
  await page.getByRole('checkbox', { name: /I am responsible for/ }).check()
  await page.getByRole('button', { name: 'Create the empty key' }).click()
  await page.getByRole('heading', { name: 'Where does your material come from?' }).waitFor()
  return idInAddress(page)
}

export function idInAddress(page: Page): string {
  const id = /\/keys\/([0-9a-f-]{36})/.exec(page.url())?.[1]
  if (id === undefined) throw new Error(`no key ID in ${page.url()}`)
  return id
}

export const kindOf = (spec: string): string =>
  /^(AES|SM4)/.test(spec) ? 'Encrypt and decrypt data' : 'Sign and verify'

export async function chooseFile(
  page: Page,
  content: Uint8Array | string,
  name = 'material.bin',
): Promise<void> {
  await page.getByRole('radio', { name: 'From a file or text' }).check()
  await page
    .locator('.drop-zone input[type=file]')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) })
}

export async function pasteText(page: Page, text: string): Promise<void> {
  await page.getByRole('radio', { name: 'From a file or text' }).check()
  await page.getByRole('radio', { name: 'Paste or type' }).check()
  await page.getByLabel('Hexadecimal, base64 or PEM').fill(text)
  await page.getByRole('button', { name: 'Read it' }).click()
}

/** The check value, or the fingerprint, that the page shows for the material it holds. */
export async function shownValue(page: Page): Promise<string> {
  const panel = page.locator('.panel', { hasText: 'Your material' })
  const fact = panel.locator('.fact', { hasText: /Check value|Fingerprint/ })
  return ((await fact.locator('dd').textContent()) ?? '').replaceAll(/[^0-9A-F]/g, '').toLowerCase()
}

export async function saved(download: Download): Promise<Buffer> {
  return readFileSync(await download.path())
}

/** Step 4, an encrypted file: saved, opened again. @returns the file and its passphrase. */
export async function backUpToFile(
  page: Page,
): Promise<{ file: Buffer; passphrase: string; name: string }> {
  const passphrase =
    (await page.locator('output[aria-labelledby=proposed-label]').textContent()) ?? ''
  const started = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save file' }).click()
  const download = await started
  const file = await saved(download)
  const name = download.suggestedFilename()
  await page
    .getByLabel('The saved file')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: file })
  await page.locator('.prove').getByLabel('Passphrase').fill(passphrase)
  await page.getByRole('button', { name: 'Open and compare' }).click()
  await page.getByText('Matches.').waitFor()
  return { file, passphrase, name }
}

export async function keptIn(page: Page, place: string): Promise<void> {
  await page.getByRole('radio', { name: /I already keep it in/ }).check()
  await page.getByLabel('Where you keep it').fill(place)
}

/** From the step of checks past that of the backup, with the backup kept elsewhere. */
export async function passBackup(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
  await next(page)
  await keptIn(page, 'the safe')
  await next(page)
}

/** From the step of checks to the result, with the backup kept elsewhere and no expiry. */
export async function importFromChecks(page: Page, permanent: boolean): Promise<void> {
  await passBackup(page)
  if (!permanent) {
    await page.getByRole('heading', { name: 'When should the material stop working?' }).waitFor()
    await next(page)
  }
  await submit(page)
}

export async function submit(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Review and import' }).waitFor()
  await page.getByRole('button', { name: 'Import material' }).click()
  await page.getByRole('heading', { name: /is enabled\./ }).waitFor()
}
