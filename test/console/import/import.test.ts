/**
 * The import wizard in a real browser: every way in, every refusal, and that nothing bare ever
 * leaves the page.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page, Request } from 'playwright-core'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import type { Body } from '../../e2e/client.ts'
import { until } from '../../e2e/until.ts'
import { missing, tool } from '../../tools.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Everything that left the page, and everything it keeps. */
class Watch {
  readonly #sent: string[] = []
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
    page.on('request', (request: Request) =>
      this.#sent.push(`${request.url()}\n${request.postData() ?? ''}`),
    )
  }

  /** @throws AssertionError when the material is found in any form. */
  async finds(material: Uint8Array): Promise<void> {
    const bytes = Buffer.from(material)
    const forms = [
      bytes.toString('latin1'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64').replaceAll('=', ''),
      bytes.toString('base64url'),
    ]
    const kept = await this.#page.evaluate<string>(
      'indexedDB.databases().then((all) => JSON.stringify([localStorage, sessionStorage, all, location.href, document.title]))',
    )
    for (const text of [...this.#sent, kept]) {
      for (const form of forms)
        assert.ok(!text.includes(form), `bare material in: ${text.slice(0, 200)}`)
    }
    assert.ok(this.#sent.length > 3, 'requests were watched')
  }
}

describe('import in the console', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let page: Page
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-wizard-'))
  before(async () => {
    stage = await ConsoleStage.start()
    page = (await stage.person()).page
  })
  after(async () => {
    await stage[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const base = (): string => stage.url('')
  const describeKey = async (id: string): Promise<Body> => {
    const client = stage.server.client()
    const { body } = await client.send(client.sign('GET', `/admin/v1/keys/${id}`))
    client.close()
    return body
  }
  /** The row of a key, except for what looking at it changes. */
  const record = async (id: string): Promise<string> =>
    JSON.stringify(
      await stage.server.select(`SELECT * FROM keys WHERE id = '${id}'`),
      (_, value) => (value instanceof Uint8Array ? value.toHex() : value),
    )

  const material = randomBytes(32)
  const ways: readonly (readonly [name: string, choose: (page: Page) => Promise<void>])[] = [
    ['raw bytes from a file', (at) => wizard.chooseFile(at, material)],
    [
      'hexadecimal from a file',
      (at) => wizard.chooseFile(at, `${material.toString('hex')}\n`, 'material.hex'),
    ],
    ['hexadecimal, pasted', (at) => wizard.pasteText(at, material.toString('hex').toUpperCase())],
    ['base64, pasted', (at) => wizard.pasteText(at, material.toString('base64'))],
  ]
  for (const [name, choose] of ways) {
    test(`3, 4: ${name}: enabled, the check value is right, nothing bare leaves the page`, async () => {
      const watch = new Watch(page)
      const id = await wizard.createEmpty(
        page,
        base(),
        `way-${randomBytes(4).toString('hex')}`,
        'Encrypt and decrypt data',
        'AES_256',
      )
      await choose(page)
      const expected = checkValue(id, 'AES_256', material)
      await page.locator('.panel', { hasText: 'Your material' }).waitFor()
      assert.equal(await wizard.shownValue(page), expected)
      await wizard.next(page)
      await wizard.importFromChecks(page, false)
      const key = await describeKey(id)
      assert.deepEqual(
        [key.state, key.check_value, key.backup_place, key.expires_at],
        ['enabled', expected, 'the safe', null],
      )
      await watch.finds(material)
    })
  }

  test('3, 4, 12: made here, backed up to an age file that is proved, and drilled by the import itself', {
    skip: missing('age', 'python3'),
  }, async () => {
    const watch = new Watch(page)
    const id = await wizard.createEmpty(
      page,
      base(),
      'made-here',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await page.getByRole('radio', { name: 'Make it here' }).check()
    await page.getByRole('button', { name: 'Make 32 bytes' }).click()
    const value = await wizard.shownValue(page)
    await page.getByRole('button', { name: 'Show' }).click()
    const shown = Buffer.from((await page.locator('.panel pre.code').textContent()) ?? '', 'hex')
    assert.equal(checkValue(id, 'AES_256', shown), value)
    await wizard.next(page)
    await wizard.next(page)
    const { file, passphrase, name } = await wizard.backUpToFile(page)
    assert.match(name, /^holdfast-made-here-[0-9A-F]{8}\.age$/)
    const path = join(folder, name)
    writeFileSync(path, file)
    // The passphrase is asked for on a terminal: a pseudo-terminal of Python's types it.
    const opened = execFileSync(tool('python3'), ['test/console/import/open-age.py', path], {
      input: passphrase,
    })
    assert.deepEqual(opened, shown)
    await wizard.next(page)
    await wizard.next(page)
    await wizard.submit(page)
    const key = await describeKey(id)
    assert.deepEqual([key.state, key.check_value, key.needs_drill], ['enabled', value, false])
    assert.ok(key.drilled_at > key.imported_at)
    await watch.finds(shown)
  })

  const pairs = [
    [
      'RSA_2048',
      () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
      'pkcs8',
      'pem',
    ],
    [
      'EC_P256',
      () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      'pkcs8',
      'der',
    ],
    ['EC_P384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'sec1', 'pem'],
    [
      'RSA_3072',
      () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
      'pkcs1',
      'pem',
    ],
    [
      'RSA_4096',
      () => generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey,
      'pkcs8',
      'der',
    ],
  ] as const
  for (const [spec, make, type, format] of pairs) {
    test(`3, 4, 10: ${spec} as ${type} ${format}: permanent, no step for an expiry, no way to delete the material`, async () => {
      const watch = new Watch(page)
      const key = make()
      const id = await wizard.createEmpty(page, base(), `pair-${spec}`, 'Sign and verify', spec)
      await wizard.chooseFile(
        page,
        key.export({ type, format } as never) as unknown as string,
        'key.pem',
      )
      await page.locator('.panel', { hasText: 'Your material' }).waitFor()
      const steps = await page.locator('.steps li').allTextContents()
      assert.ok(!steps.some((step) => step.includes('Expiry')), steps.join())
      await wizard.next(page)
      await wizard.importFromChecks(page, true)
      await page.getByText(`${spec} keys are permanently valid, so no expiry can be set.`).waitFor()
      const described = await describeKey(id)
      const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
      assert.equal(described.fingerprint, hash('sha256', spki, 'hex'))
      await page.goto(`${base()}/keys/${id}/danger`)
      await page.getByText(`Material of ${spec} keys cannot be deleted by hand.`).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Delete material' }).count(), 0)
      await watch.finds(key.export({ type: 'pkcs8', format: 'der' }))
    })
  }

  test('3: an encrypted PKCS#8 asks for its passphrase, and says when that is wrong', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const encrypted = key.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    })
    await wizard.createEmpty(page, base(), 'locked', 'Sign and verify', 'EC_P256')
    await wizard.chooseFile(page, encrypted as string, 'key.pem')
    await page.getByLabel('Passphrase').fill('open barley')
    await page.getByRole('button', { name: 'Open it' }).click()
    await page
      .getByText('That passphrase does not open this file. Try again; the file was not changed.')
      .waitFor()
    await page.getByLabel('Passphrase').fill('open sesame')
    await page.getByRole('button', { name: 'Open it' }).click()
    await page.locator('.panel', { hasText: 'Your material' }).waitFor()
    await wizard.next(page)
    await wizard.importFromChecks(page, true)
  })

  const elsewhere = [
    ['OpenSSL', 'AES_256'],
    ['OpenSSL', 'RSA_2048'],
    ['holdfast', 'AES_256'],
    ['holdfast', 'EC_P256'],
  ] as const
  for (const [by, spec] of elsewhere) {
    test(`3: ${spec} made and wrapped by the very commands that the page shows for ${by}`, {
      skip: by === 'OpenSSL' && missing('openssl'),
    }, async () => {
      const pair = spec !== 'AES_256'
      const id = await wizard.createEmpty(
        page,
        base(),
        `elsewhere-${by}-${spec}`,
        wizard.kindOf(spec),
        spec,
      )
      await page.getByRole('radio', { name: 'Wrapped elsewhere' }).check()
      await page.getByRole('button', { name: by, exact: true }).click()
      // In a clone, as docs/cli.md says.
      const work = mkdtempSync(join(folder, 'wrap-'))
      for (const name of ['bin', 'node_modules']) symlinkSync(join(root, name), join(work, name))
      for (const name of ['Wrapping key', 'Parameters with the token (JSON)']) {
        const started = page.waitForEvent('download')
        await page.getByRole('button', { name }).click()
        const download = await started
        writeFileSync(join(work, download.suggestedFilename()), await wizard.saved(download))
      }
      const block = page.locator('pre[aria-label=Commands]')
      const commands = (await block.textContent()) ?? ''
      assert.equal(
        await page.evaluate(
          "(() => { const pre = document.querySelector('pre[aria-label=Commands]'); return pre.scrollWidth - pre.clientWidth })()",
        ),
        0,
        'no line is cut',
      )
      const type = (): string =>
        execFileSync('bash', ['-euc', `node() { "${process.execPath}" "$@"; }\n${commands}`], {
          cwd: work,
          stdio: 'pipe',
          encoding: 'utf8',
        })
      const said = type()
      const file = join(work, pair ? (by === 'holdfast' ? 'key.der' : 'key.pem') : 'material.bin')
      assert.equal(statSync(file).mode & 0o777, 0o600)
      const material = readFileSync(file)
      if (by === 'holdfast' && !pair) assert.ok(said.includes(checkValue(id, spec, material)), said)
      // Typed once more they keep what is there.
      if (by === 'OpenSSL') type()
      assert.deepEqual(readFileSync(file), material)
      const upload = async (label: RegExp, name: string): Promise<void> =>
        page.getByLabel(label).setInputFiles(join(work, name))
      const first = pair ? /Wrapped temporary key/ : /Wrapped material/
      await upload(first, by === 'holdfast' ? 'wrapped.json' : 'wrapped.bin')
      if (pair && by === 'OpenSSL') await upload(/Wrapped private key/, 'wrapped-key.bin')
      await page.getByText('The wrapped material is here.').waitFor()
      await wizard.next(page)
      if (!pair) await wizard.next(page)
      await wizard.submit(page)
      const described = await describeKey(id)
      assert.equal(described.state, 'enabled')
      if (pair) {
        const key =
          by === 'holdfast'
            ? createPrivateKey({ key: material, format: 'der', type: 'pkcs8' })
            : createPrivateKey(material)
        const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
        assert.equal(described.fingerprint, hash('sha256', spki, 'hex'))
      } else assert.equal(described.check_value, checkValue(id, spec, material))
    })
  }

  const weak: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
    ['0 bytes', Buffer.alloc(0), /The file is empty\. Choose the file that holds your material\./],
    ['31 bytes', randomBytes(31), /AES_256 needs exactly 32 bytes; this is 31\./],
    [
      '33 bytes',
      Buffer.concat([randomBytes(32), Buffer.of(0)]),
      /AES_256 needs exactly 32 bytes; this is 33\./,
    ],
    ['one byte', Buffer.alloc(32, 7), /Every byte is the same, so anyone could guess it\./],
    ['pattern', Buffer.from('0102'.repeat(16), 'hex'), /The same 2 bytes repeat again and again\./],
    [
      'counting',
      Buffer.from(Array.from({ length: 32 }, (_, i) => i + 40)),
      /The bytes count up or down in order\./,
    ],
    [
      'text',
      Buffer.from('correct horse battery staple now'),
      /This is readable text, not random bytes\./,
    ],
  ]
  test('5: weak or wrong files each get their own message, cannot be imported, and change nothing', async () => {
    const id = await wizard.createEmpty(page, base(), 'weak', 'Encrypt and decrypt data', 'AES_256')
    const unchanged = await record(id)
    for (const [name, bytes, message] of weak) {
      await page.goto(`${base()}/keys/${id}/import`)
      await wizard.chooseFile(page, bytes)
      const isRead = bytes.length === 32
      if (isRead) await wizard.next(page)
      await page.getByText(message).waitFor()
      await page.getByText('The key is still pending import. No material was stored.').waitFor()
      assert.equal(
        await page.getByRole('button', { name: 'Continue' }).getAttribute('aria-disabled'),
        'true',
        name,
      )
      assert.equal(await page.getByRole('button', { name: 'Import material' }).count(), 0)
      if (isRead) await page.getByRole('button', { name: 'Back', exact: true }).click()
    }
    assert.equal(await record(id), unchanged)
  })

  test('6: a line break at the end of a file is left out when the person says so', async () => {
    const id = await wizard.createEmpty(
      page,
      base(),
      'line-break',
      'Encrypt and decrypt data',
      'AES_256',
    )
    // Raw bytes that no other reading fits.
    const bytes = Buffer.concat([randomBytes(31), Buffer.of(0xff)])
    await wizard.chooseFile(page, Buffer.concat([bytes, Buffer.from('\n')]))
    await page.getByText('The file ends with a line break after 32 bytes.').waitFor()
    await page.getByRole('button', { name: 'Leave it out' }).click()
    assert.equal(await wizard.shownValue(page), checkValue(id, 'AES_256', bytes))
  })

  test('7: other material is refused while enabled and after deletion; nothing else changes', async () => {
    const client = stage.server.client()
    const own = randomBytes(32)
    const id = await client.createKey({ origin: 'external', key_alias: 'associated' })
    assert.equal((await client.import(id, own)).status, 200)
    const ciphertext = await client.encrypt(id, 'kept')
    const value = checkValue(id, 'AES_256', own).toUpperCase().match(/.{4}/g)?.join('-')
    for (const state of ['enabled', 'pending-import']) {
      if (state === 'pending-import')
        await client.ok('delete-imported-key-material', { key_id: id })
      const unchanged = await record(id)
      await page.goto(`${base()}/keys/${id}/import`)
      await page.getByRole('heading', { name: 'Where does your material come from?' }).waitFor()
      assert.equal(
        await page.getByText('again changes its expiry and nothing else').isVisible(),
        state === 'enabled',
      )
      await wizard.chooseFile(page, randomBytes(32))
      await wizard.next(page)
      await page
        .getByText(`Use the backup with check value ${value}, or create a new key.`)
        .waitFor()
      const sentence =
        state === 'enabled'
          ? 'The key keeps working with its own material; its expiry is unchanged.'
          : 'The key is still pending import. No material was stored.'
      await page.getByText(sentence).waitFor()
      assert.equal(await record(id), unchanged)
    }
    await page.goto(`${base()}/keys/${id}/import`)
    await wizard.chooseFile(page, own)
    await wizard.next(page)
    await wizard.passBackup(page)
    await wizard.next(page)
    await wizard.submit(page)
    assert.equal(await client.decrypt(ciphertext), 'kept')
    client.close()
  })

  test('an import whose answer is lost is not reported as undone; a retry completes it', async () => {
    const id = await wizard.createEmpty(
      page,
      base(),
      'unanswered',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await wizard.chooseFile(page, randomBytes(32))
    await wizard.next(page)
    await wizard.passBackup(page)
    await wizard.next(page)
    const url = '**/admin/v1/keys/*/import'
    await page.route(url, async (route) => {
      await route.fetch()
      await route.abort()
    })
    await page.getByRole('button', { name: 'Import material' }).click()
    const failure = page.locator('.banner', { hasText: 'it is not known whether this was done' })
    await failure.waitFor()
    assert.equal((await describeKey(id)).state, 'enabled')
    assert.doesNotMatch((await failure.textContent()) ?? '', /No material was stored|unchanged/)
    await page.unroute(url)
    await wizard.submit(page)
  })

  test('while the place of the backup is still being written down, the import is not sent again', async () => {
    await wizard.createEmpty(page, base(), 'pressed-twice', 'Encrypt and decrypt data', 'AES_256')
    await wizard.chooseFile(page, randomBytes(32))
    await wizard.next(page)
    await wizard.passBackup(page)
    await wizard.next(page)
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url().split('/').at(-1) ?? ''))
    const held = Promise.withResolvers<void>()
    await page.route('**/admin/v1/keys/*', async (route) => {
      if (route.request().method() === 'PATCH') await held.promise
      await route.continue()
    })
    const writing = page.waitForRequest((request) => request.method() === 'PATCH')
    const button = page.getByRole('button', { name: 'Import material' })
    await button.click()
    await writing
    await button.click({ force: true })
    assert.equal(await button.getAttribute('aria-disabled'), 'true')
    held.resolve()
    await page.getByRole('heading', { name: /is enabled\./ }).waitFor()
    await page.unroute('**/admin/v1/keys/*')
    assert.equal(asked.filter((name) => name === 'import-parameters').length, 1)
  })

  const other = "document.querySelector('input[name=way][value=elsewhere]').click()"
  const make = "document.querySelector('.wizard-main .stack > p > button.primary').click()"
  const neverMade = `
    const { postMessage } = Worker.prototype
    Worker.prototype.postMessage = function (message, transfer) {
      if (message.name !== 'make') postMessage.call(this, message, transfer)
    }`
  const read = `
    const chosen = new DataTransfer()
    chosen.items.add(new File([Uint8Array.fromHex('${randomBytes(32).toString('hex')}')], 'any'))
    const field = document.querySelector('.drop-zone input[type=file]')
    field.files = chosen.files
    field.dispatchEvent(new Event('change', { bubbles: true }))`
  const unfinished: readonly (readonly [what: string, way: string, script: string])[] = [
    ['made, answered for after that', 'Make it here', `${make}; ${other}`],
    ['made, never answered for', 'Make it here', `${neverMade}; ${make}; ${other}`],
    ['read', 'From a file or text', `${read}; ${other}`],
  ]
  for (const [n, [what, way, script]] of unfinished.entries())
    test(`another way is chosen while material is being ${what}: it is not in the page`, async () => {
      const alias = `given-up-${n}`
      await wizard.createEmpty(page, base(), alias, 'Encrypt and decrypt data', 'AES_256')
      const failures: string[] = []
      page.on('pageerror', ({ message }) => failures.push(message))
      await page.getByRole('radio', { name: way }).check()
      const started = page.waitForEvent('worker')
      await page.evaluate(`(() => { ${script} })()`)
      const worker = await started
      await until(() => !page.workers().includes(worker), 5000)
      await page.locator('.where [aria-current]', { hasText: 'nowhere yet' }).waitFor()
      await page.getByRole('radio', { name: 'Make it here' }).check()
      assert.equal(
        await page.getByRole('button', { name: 'Continue' }).getAttribute('aria-disabled'),
        'true',
      )
      assert.deepEqual(failures, [])
      page.removeAllListeners('pageerror')
    })

  describe('the two parts of a pair that was wrapped elsewhere', () => {
    const parts = async (alias: string) => {
      const id = await wizard.createEmpty(page, base(), alias, 'Sign and verify', 'EC_P256')
      await page.getByRole('radio', { name: 'Wrapped elsewhere' }).check()
      const started = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Parameters with the token' }).click()
      const { public_key } = JSON.parse((await wizard.saved(await started)).toString())
      const { asymmetricKeyDetails } = createPublicKey({
        key: Buffer.from(public_key, 'base64'),
        format: 'der',
        type: 'spki',
      })
      const secret = randomBytes((asymmetricKeyDetails?.modulusLength ?? 0) / 8).toString('base64')
      return { id, secret, privateKey: randomBytes(144).toString('base64') }
    }
    const ready = () => page.getByText('The wrapped material is here.').waitFor({ timeout: 3000 })

    test('are both kept when they are chosen in one moment', async () => {
      const { secret, privateKey } = await parts('in-one-moment')
      await page.evaluate(`(() => {
        const texts = ${JSON.stringify([secret, privateKey])}
        for (const [i, field] of document.querySelectorAll('.file-label input').entries()) {
          const chosen = new DataTransfer()
          chosen.items.add(new File([texts[i]], 'part-' + i))
          field.files = chosen.files
          field.dispatchEvent(new Event('change', { bubbles: true }))
        }
      })()`)
      await ready()
    })

    test('are put right when they are swapped, in two files or in one, and the page says so', async () => {
      const { id, secret, privateKey } = await parts('the-wrong-way-round')
      const choose = (field: number, text: string): Promise<void> =>
        page
          .locator('.file-label input')
          .nth(field)
          .setInputFiles({ name: 'part', mimeType: 'text/plain', buffer: Buffer.from(text) })
      const whole = (first: string, second: string): string =>
        JSON.stringify({
          key_id: id,
          encrypted_key_material: first,
          encrypted_privatekey: second,
        })
      const said = page.getByText('The two parts were swapped. This has been corrected.')
      await choose(0, whole(secret, privateKey))
      await ready()
      assert.equal(await said.count(), 0)
      await choose(0, whole(privateKey, secret))
      await said.waitFor({ timeout: 3000 })
      await ready()
      await choose(0, privateKey)
      await said.waitFor({ state: 'detached' })
      await choose(1, secret)
      await said.waitFor({ timeout: 3000 })
      await ready()
    })
  })

  test('11: left while the material is wrapped elsewhere: wrapping key, token and way are still the same', async () => {
    await wizard.createEmpty(
      page,
      base(),
      'wrapped-overnight',
      'Encrypt and decrypt data',
      'AES_256',
    )
    const parameters = async (): Promise<string> => {
      const started = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Parameters with the token' }).click()
      return (await wizard.saved(await started)).toString()
    }
    await page.getByRole('radio', { name: 'Wrapped elsewhere' }).check()
    const taken = await parameters()
    await page.getByRole('button', { name: 'Leave', exact: true }).click()
    await page.getByRole('heading', { name: 'wrapped-overnight' }).waitFor()
    await page.goto(stage.url('/imports'))
    await page.getByRole('link', { name: 'Continue: wrapped-overnight' }).click()
    assert.equal(await parameters(), taken)
  })

  test('11: a choice made on the very step that is left is kept, whichever link the person follows', async () => {
    await wizard.createEmpty(page, base(), 'left-by-link', 'Encrypt and decrypt data', 'AES_256')
    await page.getByRole('radio', { name: 'From a file or text' }).check()
    const kept = page.waitForResponse(
      (answer) => answer.request().method() === 'PUT' && answer.ok(),
    )
    await page.locator('nav.rail').getByRole('link', { name: 'Unfinished imports' }).click()
    await kept
    await page.getByRole('link', { name: 'Continue: left-by-link' }).click()
    await page.getByText('Choose your material again: this page does not keep it.').waitFor()
    assert.ok(await page.getByRole('radio', { name: 'From a file or text' }).isChecked())
  })

  test('11: left at the step of the backup and continued by another browser: choices are kept, material is not', async () => {
    const id = await wizard.createEmpty(
      page,
      base(),
      'interrupted',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await wizard.chooseFile(page, randomBytes(32))
    await wizard.next(page)
    await wizard.next(page)
    await wizard.keptIn(page, 'the vault of Oslo')
    await wizard.next(page)
    await page.getByRole('radio', { name: 'In 1 year' }).check()
    await wizard.next(page)
    await page.getByRole('heading', { name: 'Review and import' }).waitFor()
    await page.getByRole('button', { name: 'Leave', exact: true }).click()
    await page.getByRole('button', { name: 'Overwrite and leave' }).click()
    await page.getByRole('heading', { name: 'interrupted' }).waitFor()

    const { page: elsewhere } = await stage.person('/imports')
    await elsewhere.getByRole('link', { name: 'Continue: interrupted' }).click()
    await elsewhere.getByText('Choose your material again: this page does not keep it.').waitFor()
    assert.ok(await elsewhere.getByRole('radio', { name: 'From a file or text' }).isChecked())
    await wizard.chooseFile(elsewhere, randomBytes(32))
    await wizard.next(elsewhere)
    await wizard.next(elsewhere)
    assert.equal(await elsewhere.getByLabel('Where you keep it').inputValue(), 'the vault of Oslo')
    await wizard.next(elsewhere)
    assert.ok(await elsewhere.getByRole('radio', { name: 'In 1 year' }).isChecked())
    await wizard.next(elsewhere)
    await wizard.submit(elsewhere)
    const key = await describeKey(id)
    assert.deepEqual([key.state, key.backup_place], ['enabled', 'the vault of Oslo'])
    assert.ok(key.expires_at > Date.now() + 364 * 86_400_000)
  })
})
