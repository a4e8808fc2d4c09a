/**
 * A new access key: its file and the commands of its dialog, saved and typed as they are shown; and
 * what remains of its secret.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { type ClientName, clients, setupOf } from '../../../console/src/features/clients/setup.ts'
import { leftOut, folder as prepared } from '../../clients/prepared.ts'
import { type Outcome, run } from '../../e2e/documents.ts'
import { ConsoleStage, password, withoutChromium } from '../browser.ts'
import { sayIn } from '../tables.ts'
import * as wizard from '../wizard.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/clients.md'), 'utf8')

describe('what a client is set up with', () => {
  const place = {
    endpoint: 'https://kms.example.com',
    region: 'eu-west-1',
    file: 'holdfast-HF00.json',
  }
  const exports = 'export HOLDFAST_CREDENTIALS=$PWD/holdfast-HF00.json\n'
  const fileTrust = 'export SSL_CERT_FILE=$PWD/ca.pem'
  const table: readonly (readonly [name: ClientName, trust: string, holds: readonly string[]])[] = [
    [
      'commandLine',
      'node bin/holdfast.js key list --ca ca.pem',
      ['node bin/holdfast.js key list\n'],
    ],
    ['javascript', 'export NODE_EXTRA_CA_CERTS=$PWD/ca.pem', ['process.env.HOLDFAST_CREDENTIALS']],
    ['python', 'export REQUESTS_CA_BUNDLE=$PWD/ca.pem', ['os.environ["HOLDFAST_CREDENTIALS"]']],
    ['go', fileTrust, ['os.Getenv("HOLDFAST_CREDENTIALS")']],
    [
      'java',
      'keytool -importcert -noprompt -alias holdfast -file ca.pem -keystore trust.p12 -storepass changeit\n' +
        'export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=$PWD/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit"',
      ['System.getenv("HOLDFAST_CREDENTIALS")'],
    ],
    [
      'sops',
      fileTrust,
      ['export HUAWEICLOUD_SDK_REGION_KMS_EU_WEST_1=$(field endpoint)', '--hckms "eu-west-1:$KEY"'],
    ],
    [
      'terraform',
      fileTrust,
      ['export HW_SECRET_KEY=$(field secret_key)', 'kms = "https://kms.example.com/"'],
    ],
    ['otc', fileTrust, ['os.Getenv("HOLDFAST_CREDENTIALS")']],
  ]

  test('every client of docs/clients.md that has commands of its own, and no other', () => {
    assert.deepEqual(
      table.map(([name]) => name),
      clients.map(({ name }) => name),
    )
    const sections = [...guide.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    assert.deepEqual(
      sections.filter((heading) => heading !== 'PHP'),
      clients.map(({ section }) => section),
    )
  })

  for (const [name, trust, holds] of table)
    test(`${name}: the document’s own text, with the values of the deployment`, () => {
      const setup = setupOf(name, guide, place)
      assert.equal(setup.environment, `chmod 600 holdfast-HF00.json\n${exports}`)
      assert.equal(setup.trust, trust)
      const programs = setup.programs.join('')
      for (const part of holds) assert.ok(programs.includes(part), `${part} in ${programs}`)
      assert.doesNotMatch(programs, /127\.0\.0\.1|local:|KMS_LOCAL|bootstrap\.json/)
      assert.equal(
        setupOf(name, guide, { ...place, endpoint: 'http://kms.internal:8320' }).trust,
        undefined,
      )
      // With the values of the document’s examples it is the document, letter by letter.
      const examples = {
        endpoint: 'http://127.0.0.1:8320',
        region: 'local',
        file: 'holdfast-data/bootstrap.json',
      }
      for (const block of setupOf(name, guide, examples).programs) assert.ok(guide.includes(block))
    })
})

/** Makes an access key as a person does, up to the dialog with its secret. */
async function makeAccessKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create access key' }).click()
  await page.getByLabel('Current password').fill(password)
  await page.locator('dialog[open]').getByRole('button', { name: 'Create access key' }).click()
  await page.getByText('The secret is shown only once').waitFor()
}

const fact = async (page: Page, name: string): Promise<string> =>
  (
    (await page
      .locator('dialog[open] .fact', { hasText: new RegExp(`^${name}`) })
      .locator('.mono')
      .textContent()) ?? ''
  ).trim()

/** The commands that the dialog shows for a client, a block each. */
async function shownFor(page: Page, name: ClientName): Promise<string[]> {
  const label = sayIn('en')(`clients.${name}`)
  await page
    .locator('dialog[open] .segments')
    .getByRole('button', { name: label, exact: true })
    .click()
  return page.locator('dialog[open] pre').allTextContents()
}

describe('the dialog of a new access key', { skip: withoutChromium }, () => {
  /** Where a person saves the file: in a clone. */
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  let stage: ConsoleStage
  let page: Page
  const asked: string[] = []
  let shown: Readonly<Record<'ak' | 'sk', string>>
  let fileName = ''

  before(async () => {
    stage = await ConsoleStage.start()
    page = (await stage.person('/people')).page
    page.on('request', (request) => asked.push(`${request.url()}\n${request.postData() ?? ''}`))
    for (const name of ['bin', 'node_modules']) symlinkSync(join(root, name), join(folder, name))
    await makeAccessKey(page)
    shown = { ak: await fact(page, 'AK'), sk: await fact(page, 'SK') }
  })
  after(async () => {
    await stage[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  /**
   * Types commands into a shell of that folder. `node` is the Node of this project, as after npm
   * ci.
   */
  const type = (script: string, environment: Record<string, string> = {}): Promise<Outcome> =>
    run('bash', ['--norc', '-euc', `node() { "${process.execPath}" "$@"; }\n${script}`], {
      cwd: folder,
      environment: { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', HOME: folder, ...environment },
    })

  test('it names endpoint, region and project, and its file holds every field that clients read', async () => {
    const { project_id, project_name, region } = stage.server.client().credentials
    assert.deepEqual(
      [await fact(page, 'Endpoint'), await fact(page, 'Region'), await fact(page, 'Project ID')],
      [stage.server.url, region, project_id],
    )
    const started = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as a file' }).click()
    const download = await started
    fileName = download.suggestedFilename()
    assert.equal(fileName, `holdfast-${shown.ak}.json`)
    const content = await wizard.saved(download)
    // As a browser saves it.
    writeFileSync(join(folder, fileName), content, { mode: 0o644 })
    const { password: _, ...bootstrap } = JSON.parse(
      readFileSync(join(stage.server.data, 'bootstrap.json'), 'utf8'),
    )
    const expected = {
      ...bootstrap,
      endpoint: stage.server.url,
      project_id,
      project_name,
      region,
      access_key: shown.ak,
      secret_key: shown.sk,
    }
    assert.deepEqual(JSON.parse(content.toString()), expected)
    assert.deepEqual(Object.keys(JSON.parse(content.toString())), Object.keys(expected))
  })

  test('no command shows the secret; each is the document’s, for this deployment', async () => {
    const { region } = stage.server.client().credentials
    for (const { name } of clients) {
      const { environment, programs } = setupOf(name, guide, {
        endpoint: stage.server.url,
        region,
        file: fileName,
      })
      assert.deepEqual(await shownFor(page, name), [environment, ...programs], name)
    }
    const html = await page.evaluate<string>("document.querySelector('dialog[open]').outerHTML")
    assert.equal(html.split(shown.sk).length, 2, 'the secret is in the dialog once')
  })

  test('command line: the downloaded file is refused with a fix, which is the first command shown', async () => {
    const [environment = '', program = ''] = await shownFor(page, 'commandLine')
    const refused = await type(`node bin/holdfast.js key list --credentials ${fileName}`)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, new RegExp(`can be read by others; run: chmod 600 ${fileName}`))
    const client = stage.server.client()
    await client.createKey({ key_alias: 'seen-by-the-command-line' })
    const done = await type(environment + program)
    assert.deepEqual([done.code, done.stderr], [0, ''])
    assert.match(done.stdout, /seen-by-the-command-line/)
    const byFlag = await type(`node bin/holdfast.js key list --credentials ${fileName}`)
    assert.equal(byFlag.stdout, done.stdout)
  })

  test('JavaScript: the program shown runs', async () => {
    const [environment = '', program = ''] = await shownFor(page, 'javascript')
    writeFileSync(join(folder, 'program.mjs'), program)
    const done = await type(`${environment}node program.mjs`)
    assert.equal(done.stdout.trim().split('\n').at(-1), '4711 anvils', done.stderr)
  })

  test('Python: the program shown runs', { skip: leftOut('python') }, async () => {
    const [environment = '', program = ''] = await shownFor(page, 'python')
    writeFileSync(join(folder, 'program.py'), program)
    const done = await type(`${environment}${prepared}python/bin/python program.py`)
    assert.deepEqual([done.code, done.stdout], [0, '4711 anvils\n400 KMS.1201\n'], done.stderr)
  })

  test('SOPS and Terraform: the environment shown holds what the file holds', async () => {
    const { ak, sk } = shown
    const { project_id, region } = stage.server.client().credentials
    const { domain_id } = JSON.parse(readFileSync(join(folder, fileName), 'utf8'))
    const [environment = '', sops = ''] = await shownFor(page, 'sops')
    const commands = sops.slice(0, sops.indexOf('\nsops encrypt'))
    const values = [
      'HUAWEICLOUD_SDK_AK',
      'HUAWEICLOUD_SDK_SK',
      'HUAWEICLOUD_SDK_PROJECT_ID',
      `HUAWEICLOUD_SDK_REGION_KMS_${region.toUpperCase().replaceAll('-', '_')}`,
    ]
    const printed = (names: readonly string[]): string => `\nprintenv ${names.join(' ')}`
    const forSops = await type(environment + commands + printed(values))
    assert.deepEqual(
      forSops.stdout.trim().split('\n'),
      [ak, sk, project_id, stage.server.url],
      forSops.stderr,
    )
    const [, hcl = '', terraform = ''] = await shownFor(page, 'terraform')
    const names = [
      'HW_ACCESS_KEY',
      'HW_SECRET_KEY',
      'HW_REGION_NAME',
      'HW_PROJECT_ID',
      'HW_DOMAIN_ID',
    ]
    const forTerraform = await type(environment + terraform + printed(names))
    assert.deepEqual(
      forTerraform.stdout.trim().split('\n'),
      [ak, sk, region, project_id, domain_id],
      forTerraform.stderr,
    )
    assert.ok(hcl.includes(`kms = "${stage.server.url}/"`))
  })

  test('once closed, nothing of the secret is left in the page, in storage, or in any request', async () => {
    await page.getByRole('checkbox', { name: 'I saved it' }).check()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
    const rest = await page.evaluate<string>(
      "document.documentElement.outerHTML + JSON.stringify([localStorage, sessionStorage, history.state]) + location.href + [...document.querySelectorAll('input, textarea')].map((field) => field.value).join()",
    )
    assert.ok(rest.includes(shown.ak), 'the list shows the access key')
    for (const text of [rest, ...asked]) assert.ok(!text.includes(shown.sk))
    assert.ok(asked.length > 0)
  })
})

describe('the dialog of a new access key behind a proxy', {
  skip: withoutChromium,
}, () => {
  let stage: ConsoleStage
  before(async () => {
    stage = await ConsoleStage.start({
      flags: ['--public-url', 'https://kms.example.com', '--region', 'eu-west-1'],
    })
  })
  after(async () => {
    await stage[Symbol.asyncDispose]()
  })

  test('endpoint and commands are those of the public address, and say how its certificate is trusted', async () => {
    const { page } = await stage.person('/people')
    await makeAccessKey(page)
    assert.equal(await fact(page, 'Endpoint'), 'https://kms.example.com')
    assert.equal(await page.getByText('The address that this browser uses.').count(), 0)
    const place = {
      endpoint: 'https://kms.example.com',
      region: 'eu-west-1',
      file: `holdfast-${await fact(page, 'AK')}.json`,
    }
    for (const { name } of clients) {
      const { environment, trust, programs } = setupOf(name, guide, place)
      assert.deepEqual(await shownFor(page, name), [environment, trust, ...programs], name)
    }
  })

  test('project and region are named in the header, and the account has all that a client needs, each to be copied', async () => {
    const { page, context } = await stage.person('/')
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const { project_id, project_name } = stage.server.client().credentials
    const copied = async (name: string, within: Locator): Promise<string> => {
      await page.evaluate("navigator.clipboard.writeText('')")
      await within.getByRole('button', { name: `Copy ${name}`, exact: true }).click()
      await page.getByText(`${name} copied.`).first().waitFor()
      return page.evaluate<string>('navigator.clipboard.readText()')
    }
    const header = page.locator('.top-bar .place')
    const rows: readonly (readonly [name: string, value: string])[] = [
      ['Region', 'eu-west-1'],
      ['Project', project_name],
    ]
    for (const [name, value] of rows) {
      const shown = header.locator('div', { has: page.getByText(name, { exact: true }) })
      assert.equal(await shown.locator('dd').first().textContent(), value)
      assert.equal(await copied(name, shown), value)
    }
    const all = [
      ['Endpoint', 'https://kms.example.com'],
      ...rows,
      ['Project ID', project_id],
    ] as const
    // A narrow screen has no room for the region in its header: the dialog has it at every width.
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 740 })
      await page.locator('button.account').click()
      await page.getByRole('menuitem', { name: 'Project and region' }).click()
      const dialog = page.locator('dialog[open]')
      assert.deepEqual(
        await dialog.locator('dt').allTextContents(),
        all.map(([name]) => name),
      )
      for (const [name, value] of all) assert.equal(await copied(name, dialog), value)
      await dialog.getByRole('button', { name: 'Close' }).click()
    }
  })
})
