/**
 * The overview: a finding appears when its cause arises and leads to the fix, and every figure is
 * the API's.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { type Body, type HuaweiClient, wrap } from '../../e2e/client.ts'
import { newFolder } from '../../e2e/server.ts'
import { until } from '../../e2e/until.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'

const dayMs = 86_400_000

describe('the overview in the browser', { skip: withoutChromium }, () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let stage: ConsoleStage
  let page: Page
  let client: HuaweiClient
  before(async () => {
    stage = await ConsoleStage.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client = stage.server.client()
    client.clock = () => Date.now() + moved
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
  })
  const pass = (ms: number): void => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
  }
  const admin = async (
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    fields?: object,
  ): Promise<Body> => {
    const { status, body } = await client.send(client.sign(method, `/admin/v1${path}`, fields))
    assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }
  const empty = (alias: string): Promise<string> =>
    client.createKey({ key_alias: alias, origin: 'external' })
  const imported = async (
    alias: string,
    inDays?: number,
  ): Promise<{ id: string; material: Uint8Array }> => {
    const id = await empty(alias)
    const material = randomBytes(32)
    const fields =
      inDays === undefined
        ? {}
        : { expiration_time: Math.floor((client.clock() + inDays * dayMs) / 1000) }
    assert.equal((await client.import(id, material, fields)).status, 200)
    return { id, material }
  }
  const drill = async ({ id, material }: { id: string; material: Uint8Array }): Promise<void> => {
    const { token, public_key } = await admin('POST', `/keys/${id}/drill-parameters`, {})
    await admin('POST', `/keys/${id}/drill`, {
      token,
      wrapped_material: wrap(public_key, material),
    })
  }
  const finding = (name: string, sentence: string | RegExp) =>
    page
      .locator('.finding', { has: page.getByText(name, { exact: true }) })
      .filter({ hasText: sentence })

  /**
   * In every row, the table says the same as the chart does under the pointer and at the focus; the
   * newest step is partial.
   */
  const readsTheChart = async (panel: Locator, head: readonly string[]): Promise<void> => {
    const table = new Map<string, readonly string[]>()
    for (const row of await panel.locator('tbody tr').all()) {
      const [time = '', ...figures] = await row.locator('th, td').allTextContents()
      table.set(time, figures)
    }
    await panel.getByRole('button', { name: 'Table' }).click()
    const plot = panel.getByRole('slider')
    const shown = async (): Promise<[time: string, figures: string[]]> => {
      const [time = '', ...figures] = await panel.locator('.chart-tip li').allTextContents()
      assert.deepEqual(
        figures.map((figure) => figure.replace(/: [\d,]+$/, '')),
        head.slice(1),
      )
      return [time, figures.map((figure) => figure.replace(/^.*: /, ''))]
    }
    const newest = [...table.keys()][0] ?? ''
    assert.match(newest, /^\d+ \w+ \d{4}, \d\d:\d\d–\d\d:\d\d \(partial\)$/)
    await plot.focus()
    assert.deepEqual(await shown(), [newest, table.get(newest)])
    assert.equal(
      await plot.getAttribute('aria-valuetext'),
      [newest, ...head.slice(1).map((name, i) => `${name}: ${table.get(newest)?.[i]}`)].join(', '),
    )
    await page.keyboard.press('ArrowLeft')
    const [before, figures] = await shown()
    assert.match(before, /^\d+ \w+ \d{4}, \d\d:\d\d–\d\d:\d\d$/)
    // A step in which nothing was called has no row in the table.
    assert.deepEqual(figures, table.get(before) ?? head.slice(1).map(() => '0'))
    await page.keyboard.press('Home')
    assert.deepEqual(
      (await shown())[1],
      head.slice(1).map(() => '0'),
    )
    await plot.blur()
    assert.equal(await panel.locator('.chart-tip').count(), 0)
    const box = await panel.locator('.u-over').boundingBox()
    assert.ok(box !== null)
    await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2)
    assert.deepEqual(await shown(), [newest, table.get(newest)])
    await page.mouse.move(0, 0)
    await panel.locator('.chart-tip').waitFor({ state: 'detached' })
  }

  test('25: each finding appears when its cause arises, in order, and its button leads to the fix', async () => {
    const drilled = await imported('drilled-long-ago')
    await drill(drilled)
    await client.createKey({ key_alias: 'never-used' })
    await empty('empty-for-long')
    // So old that nothing before it counts as recent.
    pass(370 * dayMs)
    page = (await stage.person()).page
    const rows: [
      severity: string,
      name: string,
      sentence: string | RegExp,
      button: string,
      at: RegExp,
      leads: string | RegExp,
    ][] = [
      [
        'Risk of loss',
        'drilled-long-ago',
        'verify its backup again',
        'Backup drill',
        /\/drill$/,
        /Backup drill: drilled-long-ago/,
      ],
      ['Risk of loss', 'Holdfast', 'has only one root slot', 'Open', /\/system$/, 'System'],
      ['Tidy', 'never-used', 'has not been used for 90 days', 'Open', /\/activity$/, 'never-used'],
      [
        'Tidy',
        'empty-for-long',
        'has been waiting for its material since',
        'Import',
        /\/import$/,
        /Import key material: empty-for-long/,
      ],
      [
        'Tidy',
        'drilled-long-ago',
        'has not been used for 90 days',
        'Open',
        /\/activity$/,
        'drilled-long-ago',
      ],
      [
        'Soon',
        client.credentials.access_key,
        'older than a year',
        'Open',
        /\/people$/,
        'People and access',
      ],
    ]
    for (const [severity, name, sentence] of rows) {
      await finding(name, sentence).waitFor()
      assert.equal(await finding(name, sentence).locator('.status').textContent(), severity)
    }
    const lost = await imported('lost')
    await drill(lost)
    await client.ok('delete-imported-key-material', { key_id: lost.id })
    for (let i = 0; i < 3; i++)
      assert.notEqual(
        (await client.call('encrypt-data', { key_id: lost.id, plain_text: 'x' })).status,
        200,
      )
    await drill(await imported('expires-soon', 10))
    await drill(await imported('expires-later', 40))
    await imported('unproved')
    const used = await client.createKey({ key_alias: 'used-and-ending' })
    await client.encrypt(used, 'x')
    await client.ok('schedule-key-deletion', { key_id: used, pending_days: '7' })
    const ending = await client.createKey({ key_alias: 'ending-later' })
    await client.ok('schedule-key-deletion', { key_id: ending, pending_days: '60' })
    const begun = await empty('begun')
    await admin('PUT', `/imports/${begun}`, { step: 'backup', choices: {} })
    rows.push(
      [
        'Act now',
        'lost',
        'has no material; 3 calls failed in the last 7 days.',
        'Re-import',
        /\/import$/,
        /Import key material: lost/,
      ],
      [
        'Risk of loss',
        'expires-soon',
        'its material is erased at that instant',
        'Re-import',
        /\/import$/,
        /: expires-soon/,
      ],
      [
        'Risk of loss',
        'unproved',
        'no backup of it has been verified',
        'Backup drill',
        /\/drill$/,
        /Backup drill: unproved/,
      ],
      [
        'Risk of loss',
        'used-and-ending',
        'was used recently and will be deleted on',
        'Open',
        /\/danger$/,
        'used-and-ending',
      ],
      ['Soon', 'expires-later', 'expires on', 'Re-import', /\/import$/, /: expires-later/],
      ['Soon', 'ending-later', 'will be deleted on', 'Open', /\/danger$/, 'ending-later'],
      [
        'Soon',
        'begun',
        'has an unfinished import',
        'Continue',
        /\/import$/,
        /Import key material: begun/,
      ],
    )
    await until(async () => {
      const { findings: items } = await admin('GET', '/overview')
      return (
        items.some(({ kind }: Body) => kind === 'material-missing') &&
        items.some(({ kind }: Body) => kind === 'deletion-of-used-key')
      )
    }, 10_000)
    await page.reload()
    await page.getByRole('heading', { name: `Needs attention (${rows.length})` }).waitFor()
    await page.getByRole('button', { name: `Show all ${rows.length}` }).click()
    const severities = await page.locator('.finding .status').allTextContents()
    const order = ['Act now', 'Risk of loss', 'Soon', 'Tidy']
    assert.deepEqual(
      severities,
      severities.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
    )
    for (const [severity, name, sentence, button, address, leads] of rows) {
      const item = finding(name, sentence)
      assert.equal(await item.locator('.status').textContent(), severity, name)
      await item.getByRole('link', { name: `${button}: ${name}` }).click()
      await page.getByRole('heading', { level: 1, name: leads }).waitFor()
      assert.match(page.url(), address, name)
      await page.goto(stage.url('/'))
      await page.getByRole('button', { name: 'Show all' }).click()
    }
  })

  test('25: every figure and every table of a chart is what the API counts', async () => {
    const busy = await client.createKey({ key_alias: 'busy' })
    for (let i = 0; i < 150; i++) await client.encrypt(busy, 'x')
    let totals = new Map<string, { allowed: number; refused: number }>()
    await until(async () => {
      totals = new Map()
      for (const { calls } of (await admin('GET', '/calls?span=day')).counts as {
        calls: Record<string, Record<string, number>>
      }[])
        for (const [operation, outcomes] of Object.entries(calls))
          for (const [outcome, count] of Object.entries(outcomes)) {
            const total = totals.get(operation) ?? { allowed: 0, refused: 0 }
            if (outcome === 'ok') total.allowed += count
            else total.refused += count
            totals.set(operation, total)
          }
      return (totals.get('encrypt')?.allowed ?? 0) >= 151
    }, 20_000)
    await page.goto(stage.url('/'))
    const panel = page.locator('.panel', { hasText: 'Calls per 5 minutes, last 24 h' })
    await panel.getByRole('button', { name: 'Table' }).click()
    await panel.getByRole('table').waitFor()
    const head = await panel.locator('thead th').allTextContents()
    const sums = head.map(() => 0)
    for (const row of await panel.locator('tbody tr').all())
      for (const [i, cell] of (await row.locator('th, td').allTextContents()).entries())
        if (i > 0) sums[i] = (sums[i] ?? 0) + Number(cell)
    assert.equal(head[0], 'Time')
    assert.equal(head.at(-1), 'Errors')
    const column = (name: string): number => sums[head.indexOf(name)] ?? Number.NaN
    const all = [...totals.values()]
    assert.equal(column('Encrypt'), totals.get('encrypt')?.allowed)
    // Calls are still counted while the page is open: those that the page makes itself.
    const shown = sums.slice(1, -1).reduce((a, b) => a + b, 0)
    assert.ok(shown >= all.reduce((sum, { allowed }) => sum + allowed, 0))
    assert.equal(
      column('Errors'),
      all.reduce((sum, { refused }) => sum + refused, 0),
    )
    await readsTheChart(panel, head)
    const started = page.waitForEvent('download')
    await panel.getByRole('button', { name: 'CSV' }).click()
    const csv = readFileSync(await (await started).path(), 'utf8')
      .trim()
      .split('\r\n')
      .slice(1)
    assert.equal(
      csv.reduce((sum, line) => sum + Number(line.split(',').at(-1)), 0),
      column('Errors'),
    )
    const { keys, busiest } = await admin('GET', '/overview')
    const words = {
      enabled: 'Enabled',
      'pending-import': 'Pending import',
      'pending-deletion': 'Pending deletion',
    }
    for (const [state, word] of Object.entries(words)) {
      const expected = keys
        .filter((one: Body) => one.state === state)
        .reduce((sum: number, { count }: Body) => sum + count, 0)
      const row = page
        .locator('.panel', { hasText: 'Keys by status' })
        .getByRole('row', { name: word, exact: false })
      assert.equal(Number(await row.locator('.bar-number').textContent()), expected, word)
    }
    assert.equal(busiest[0].key.alias, 'busy')
    const top = page.locator('.panel', { hasText: 'Busiest keys' }).locator('tbody tr').first()
    assert.equal(await top.locator('.number').textContent(), String(busiest[0].calls))
    await page.getByRole('link', { name: 'Enabled keys, least used first' }).click()
    await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor()
    assert.match(page.url(), /sort=used&state=enabled/)
  })
})
