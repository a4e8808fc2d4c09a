/**
 * `npm run bench:console`: how long a user waits for the key list of a large deployment. Fills a
 * data folder over the API, then measures in Chromium, from the action to the finished page,
 * several times each; prints the median and the worst, and says which meet the goal.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { ConsoleStage, withoutChromium } from '../test/console/browser.ts'
import type { HuaweiClient } from '../test/e2e/client.ts'

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '7' },
  },
})
const keys = Number(values.keys)
const rounds = Number(values.rounds)
const goalMs = 200
const atOnce = 64
const imported = 200
const disabled = 1000

const say = (line: string): void => void process.stdout.write(`${line}\n`)
if (withoutChromium !== false) {
  process.stderr.write(`bench:console: ${withoutChromium}\n`)
  process.exit(1)
}

async function inParallel(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

const name = (i: number): string => `team-${i % 97}/service-${String(i).padStart(6, '0')}`

async function fill(client: HuaweiClient): Promise<void> {
  const soon = Math.floor(Date.now() / 1000) + 86_400
  await inParallel(imported, async (i) => {
    const id = await client.createKey({ key_alias: `imported-${i}`, origin: 'external' })
    await client.import(id, randomBytes(32), { expiration_time: soon + i * 3600 })
  })
  await inParallel(keys - imported, async (i) => {
    const id = await client.createKey({ key_alias: name(i) })
    if (i < disabled) await client.ok('disable-key', { key_id: id })
  })
}

type Step = {
  readonly name: string
  readonly act: (page: Page) => Promise<unknown>
  readonly done: string
}

const list = `document.querySelector('.pager > span')?.textContent`
const row = (n: number, text: string): string =>
  `(document.querySelectorAll('.table.keys tbody tr')[${n}]?.textContent ?? '').includes(${JSON.stringify(text)})`
const total = keys.toLocaleString('en')
const found = Array.from({ length: keys - imported }, (_, i) => name(i)).filter((alias) =>
  alias.startsWith('team-42/'),
).length

/**
 * Waits in the page, frame by frame: the page's CSP does not allow a string to be evaluated later.
 */
const shown = (page: Page, condition: string): Promise<unknown> =>
  page.evaluate(
    `new Promise((done) => { const look = () => (${condition}) ? done(true) : requestAnimationFrame(look); look() })`,
  )

/** Each starts where the one before it ended. */
const steps: readonly Step[] = [
  {
    name: 'first page',
    act: (page) => page.locator('.rail').getByRole('link', { name: 'Keys', exact: true }).click(),
    done: `${list} === '1–50 of ${total}'`,
  },
  {
    name: 'search by a prefix of the alias',
    act: (page) =>
      page.getByRole('searchbox', { name: 'Search alias, ID, tag, description' }).fill('team-42/'),
    done: `${list} === '1–50 of ${found.toLocaleString('en')}' && ${row(0, 'team-42/')}`,
  },
  {
    name: 'filter by status',
    act: async (page) => {
      await page.getByRole('searchbox', { name: 'Search alias, ID, tag, description' }).fill('')
      await shown(page, `${list} === '1–50 of ${total}'`)
      return async () => page.getByRole('combobox', { name: 'Status' }).selectOption('disabled')
    },
    done: `${list} === '1–50 of ${disabled.toLocaleString('en')}' && ${row(0, 'Disabled')}`,
  },
  {
    name: 'sort by expiry',
    act: async (page) => {
      await page.getByRole('combobox', { name: 'Status' }).selectOption('')
      await shown(page, `${list} === '1–50 of ${total}'`)
      return async () => page.getByRole('button', { name: 'Expires' }).click()
    },
    done: `${row(0, 'imported-0')}`,
  },
  {
    name: 'last page',
    act: (page) =>
      page
        .getByRole('button', { name: `Page ${Math.ceil(keys / 50).toLocaleString('en')}` })
        .click(),
    done: `${list} === '${(keys - 49).toLocaleString('en')}–${total} of ${total}'`,
  },
]

await using stage = await ConsoleStage.start()
const client = stage.server.client(atOnce)
say(`making ${keys} keys ...`)
const startedAt = performance.now()
await fill(client)
say(`made in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
client.close()
const { page } = await stage.person('/keys')
await shown(page, `${list} === '1–50 of ${total}'`)

const times = new Map<string, number[]>()
for (let round = 0; round <= rounds; round++) {
  await page.locator('.rail').getByRole('link', { name: 'System' }).click()
  await page.getByRole('heading', { level: 1, name: 'System' }).waitFor()
  for (const { name: step, act, done } of steps) {
    let from = performance.now()
    const rest = await act(page)
    if (typeof rest === 'function') {
      from = performance.now()
      await rest()
    }
    await shown(page, done)
    // The first round loads what the others have.
    if (round > 0) times.set(step, [...(times.get(step) ?? []), performance.now() - from])
  }
}
say(`\n${'step'.padEnd(36)}${'median'.padStart(10)}${'worst'.padStart(10)}`)
for (const [step, all] of times) {
  const sorted = all.toSorted((a, b) => a - b)
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0]
  const verdict = median <= goalMs ? '' : `   over ${goalMs} ms`
  say(
    `${step.padEnd(36)}${`${median.toFixed(0)} ms`.padStart(10)}${`${worst.toFixed(0)} ms`.padStart(10)}${verdict}`,
  )
}
