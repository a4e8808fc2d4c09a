/**
 * Keys in the console: created, used, disabled, deleted, drilled, succeeded; with what the dialogs
 * say and what the server says.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { commandLine } from '../../../src/domain/command-line.ts'
import { AdminClient } from '../../e2e/admin-client.ts'
import type { Body, HuaweiClient } from '../../e2e/client.ts'
import { newFolder } from '../../e2e/server.ts'
import { until } from '../../e2e/until.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { ConsoleStage, password, withoutChromium } from '../browser.ts'
import * as wizard from '../wizard.ts'

const dayMs = 86_400_000

describe('keys in the console', { skip: withoutChromium }, () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let stage: ConsoleStage
  let page: Page
  let client: HuaweiClient
  let moved = 0
  before(async () => {
    stage = await ConsoleStage.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    page = (await stage.person()).page
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
  const card = async (id: string): Promise<Body> =>
    (await client.send(client.sign('GET', `/admin/v1/keys/${id}`))).body
  const open = (path: string): Promise<unknown> => page.goto(stage.url(path))
  const imported = async (
    alias: string,
    material = randomBytes(32),
    fields: object = {},
  ): Promise<string> => {
    const id = await client.createKey({ key_alias: alias, origin: 'external' })
    assert.equal((await client.import(id, material, fields)).status, 200)
    return id
  }
  const status = (name: string) => page.locator('.page-head .status', { hasText: name })
  const dialog = () => page.locator('dialog[open]')

  test('2: a key made here is enabled at once and returns in Try it what it was given', async () => {
    await open('/keys/new')
    await page.getByLabel('Alias').fill('plain')
    await page.getByText(`${commandLine} key create`).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Create key' }).click()
    await status('Enabled').waitFor()
    await page.getByRole('link', { name: 'Try it' }).last().click()
    await page.getByLabel('Plaintext').fill('four anvils, 四个铁砧')
    await page.getByRole('button', { name: 'Add a context entry' }).click()
    await page.getByLabel('Name of context entry 1').fill('order')
    await page.getByLabel('Value of context entry 1').fill('4711')
    await page.getByRole('button', { name: 'Encrypt', exact: true }).last().click()
    const ciphertext = (await page.locator('output[aria-label=Ciphertext]').textContent()) ?? ''
    await page.getByRole('button', { name: 'Decrypt', exact: true }).click()
    await page.getByLabel('Ciphertext (base64)').fill(ciphertext)
    await page.getByLabel('Value of context entry 1').fill('4712')
    await page.getByRole('button', { name: 'Decrypt', exact: true }).last().click()
    await page
      .getByText('This ciphertext does not belong to this key and context, or it was damaged.')
      .waitFor()
    await page.getByLabel('Value of context entry 1').fill('4711')
    await page.keyboard.press('Tab')
    await page.getByRole('button', { name: 'Decrypt', exact: true }).last().click()
    assert.equal(
      await page.locator('output[aria-label=Plaintext]').textContent(),
      'four anvils, 四个铁砧',
    )

    await open('/try/identify')
    await page.getByLabel('Paste a ciphertext', { exact: true }).fill(ciphertext)
    await page.getByText('Holdfast envelope 1, AES-256-GCM').waitFor()
    await page.locator('.fact', { hasText: 'plain' }).waitFor()
    await page.getByLabel('Paste a ciphertext', { exact: true }).fill(ciphertext.slice(0, 40))
    await page
      .getByText(
        'This is not a Holdfast ciphertext, or it is cut short. Nothing was sent to a key.',
      )
      .waitFor()
  })

  test('the state line of an enabled key says what it does next, that of a disabled key says nothing that it will not do', async () => {
    const id = await client.createKey({ key_alias: 'rotates' })
    await client.ok('enable-key-rotation', { key_id: id })
    await open(`/keys/${id}`)
    const line = page.locator('.state-line')
    await line.getByText('Rotates next on').waitFor()
    await client.ok('disable-key', { key_id: id })
    await open(`/keys/${id}`)
    await status('Disabled').waitFor()
    assert.doesNotMatch((await line.textContent()) ?? '', /Rotates/)
  })

  test('2: a key created empty is pending import, says so, and is listed last in Try it with the reason', async () => {
    const id = await client.createKey({ key_alias: 'empty', origin: 'external' })
    await open(`/keys/${id}`)
    await status('Pending import').waitFor()
    await page
      .getByText('This key holds no material, so it can do nothing yet. Import material to use it.')
      .waitFor()
    await open(`/try?key=${id}`)
    await page.getByText('This key holds no material').waitFor()
    const options = await page
      .getByLabel('Key', { exact: true })
      .locator('option')
      .allTextContents()
    const [last] = options.filter((option) => option.startsWith('empty'))
    assert.equal(last, 'empty (AES_256) – cannot be used: Pending import')
    assert.ok(
      options.slice(options.indexOf(last)).every((option) => option.includes('cannot be used')),
      `${options}`,
    )
  })

  test('13: drills of a disabled and of a pending-import key succeed and change neither status nor expiry', async () => {
    const material = randomBytes(32)
    const id = await imported('drilled', material)
    for (const state of ['Disabled', 'Pending import']) {
      if (state === 'Disabled') await client.ok('disable-key', { key_id: id })
      else await client.ok('delete-imported-key-material', { key_id: id })
      const { state: was, expires_at, drilled_at: drilled } = await card(id)
      await open(`/keys/${id}/drill`)
      await wizard.chooseFile(page, material)
      await wizard.next(page)
      await page.getByRole('button', { name: 'Compare with the key' }).click()
      await page
        .getByRole('heading', {
          name: 'Your backup matches. Nothing was imported; the drill is recorded.',
        })
        .waitFor()
      const now = await card(id)
      assert.deepEqual([now.state, now.expires_at], [was, expires_at])
      assert.ok(now.drilled_at > (drilled ?? 0))
      await page.getByRole('link', { name: 'Open key' }).click()
      await status(state).waitFor()
      await page
        .locator('.fact', { hasText: 'Last drill' })
        .getByText('Verified by admin on')
        .waitFor()
    }
  })

  test('12: a drill with another file names both check values and is recorded as failed', async () => {
    const id = await imported('other-backup')
    await open(`/keys/${id}/drill`)
    await wizard.chooseFile(page, randomBytes(32))
    const found = await wizard.shownValue(page)
    await wizard.next(page)
    const { check_value: own } = await card(id)
    const grouped = (hex: string): string => hex.toUpperCase().match(/.{4}/g)?.join('-') ?? ''
    await page
      .getByText(
        `This backup does not match other-backup: its check value is ${grouped(found)}, the key’s is ${grouped(own)}.`,
      )
      .waitFor()
    await page.getByRole('button', { name: 'Compare with the key' }).click()
    await page
      .getByText('This backup does not match other-backup. The drill is recorded as failed.')
      .waitFor()
    const { records } = (
      await client.send(client.sign('GET', `/admin/v1/keys/${id}/activity?operation=drill-backup`))
    ).body
    assert.equal(records[0].outcome, 'drill-mismatch')
    assert.equal((await card(id)).drilled_at, null)
  })

  test('15: material is deleted once DELETE is typed and the missing drill is confirmed; everything else stays', async () => {
    const material = randomBytes(32)
    const id = await imported('to-empty', material)
    await client.encrypt(id, 'x')
    await until(async () => (await card(id)).last_used_at !== null, 10_000)
    const was = await card(id)
    await open(`/keys/${id}/danger`)
    await page.getByRole('button', { name: 'Delete material' }).click()
    await dialog().getByText('No backup has been verified.').waitFor()
    await dialog().getByText('Encrypt by admin').waitFor()
    await dialog().getByText(`${was.last_day.allowed} in 24 h`).waitFor()
    const button = dialog().getByRole('button', { name: 'Delete material' })
    const isInert = async (): Promise<boolean> =>
      (await button.getAttribute('aria-disabled')) === 'true'
    assert.ok(await isInert())
    for (const typed of ['delete', 'DELET', 'DELETE!', 'DELETE']) {
      await dialog().getByLabel('Type DELETE to continue').fill(typed)
      assert.ok(await isInert(), typed)
    }
    await dialog().getByLabel('Continue without a recently verified backup').check()
    assert.ok(!(await isInert()))
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    assert.equal((await card(id)).state, 'enabled')

    await page.getByRole('button', { name: 'Delete material' }).click()
    await dialog().getByLabel('Type DELETE to continue').fill('D E L E T E')
    await dialog().getByLabel('Continue without').check()
    await button.click()
    await page
      .getByText(
        'The material of to-empty is deleted. The key is pending import; only the same material brings it back.',
      )
      .first()
      .waitFor()
    const now = await card(id)
    assert.equal(now.state, 'pending-import')
    for (const field of ['alias', 'description', 'created_at', 'check_value', 'spec'])
      assert.equal(now[field], was[field], field)
    await page.getByText('Needs its material').first().waitFor()
  })

  test('16: a deletion is scheduled 7 to 1096 days ahead; after cancelling, the key is disabled or pending import', async () => {
    for (const held of [true, false]) {
      const id = held
        ? await client.createKey({ key_alias: 'to-end' })
        : await client.createKey({ key_alias: 'to-end-empty', origin: 'external' })
      for (const days of ['6', '1097', 'x', '7', '1096']) {
        await open(`/keys/${id}/danger`)
        await page.getByRole('button', { name: 'Schedule deletion' }).click()
        await dialog()
          .getByLabel(/Waiting period/)
          .fill(days)
        await dialog().getByLabel('Type DELETE to continue').fill('DELETE')
        const button = dialog().getByRole('button', { name: 'Schedule deletion' })
        if (!['7', '1096'].includes(days)) {
          await dialog()
            .locator('.field-error', { hasText: 'The waiting period is 7 to 1,096 days.' })
            .waitFor()
          assert.equal(await button.getAttribute('aria-disabled'), 'true', days)
          continue
        }
        await button.click()
        await status('Pending deletion').waitFor()
        const { deletion_at } = await card(id)
        assert.ok(Math.abs(deletion_at - Date.now() - moved - Number(days) * dayMs) < 60_000)
        await page.getByRole('button', { name: 'Cancel deletion' }).first().click()
        await dialog().getByRole('button', { name: 'Cancel deletion' }).click()
        await status(held ? 'Disabled' : 'Pending import').waitFor()
        if (held) await client.ok('enable-key', { key_id: id })
      }
    }
  })

  test('a public key that cannot be saved before its deletion: the dialog says why', async () => {
    const id = await client.createKey({
      key_alias: 'pair-to-end',
      key_spec: 'EC_P256',
      key_usage: 'SIGN_VERIFY',
    })
    await open(`/keys/${id}/danger`)
    await page.getByRole('button', { name: 'Schedule deletion' }).click()
    const save = dialog().getByRole('button', { name: 'Download the public key' })
    await save.waitFor()
    await page.route('**/v1.0/**', (route) => route.abort())
    await save.click()
    const failure = dialog().locator('.submit-error', { hasText: 'Holdfast did not answer' })
    await failure.waitFor()
    await page.unroute('**/v1.0/**')
    const saved = page.waitForEvent('download')
    await save.click()
    assert.equal((await saved).suggestedFilename(), 'holdfast-pair-to-end.pem')
    assert.equal(await failure.count(), 0)
  })

  test('17: an imported key offers no rotation; its successor takes the alias and opens nothing of the old key', async () => {
    const id = await imported('orders')
    const ciphertext = await client.encrypt(id, 'of the old key')
    await open(`/keys/${id}/rotation`)
    await page.getByText('Imported keys do not rotate. Create a successor').waitFor()
    assert.equal(await page.getByRole('button', { name: /Rotate|Turn/ }).count(), 0)
    await page.getByRole('button', { name: 'Create a successor' }).click()
    await dialog().getByText('Clients that use the ID of this key keep using this key').waitFor()
    await dialog().getByRole('button', { name: 'Create the successor' }).click()
    await page.getByRole('heading', { name: 'Where does your material come from?' }).waitFor()
    const successor = wizard.idInAddress(page)
    assert.notEqual(successor, id)
    await wizard.chooseFile(page, randomBytes(32))
    await wizard.next(page)
    await wizard.importFromChecks(page, false)
    await page.getByRole('button', { name: 'Move the alias to this key' }).click()
    await page.getByText('orders has taken over.').first().waitFor()
    assert.equal((await card(successor)).alias, 'orders')
    assert.equal(await client.decrypt(ciphertext), 'of the old key')
    const refused = await client.call('decrypt-data', {
      key_id: successor,
      cipher_text: ciphertext,
    })
    assert.equal(refused.status, 400)
  })

  test('a key for key agreement is made here, and its dialogs say what ends with it', async () => {
    await open('/keys/new')
    await page.getByRole('radio', { name: /^Derive shared secrets/ }).check()
    await page.getByLabel('Alias').fill('agreeing')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('Derives shared secrets.').waitFor()
    assert.equal((await card(wizard.idInAddress(page))).usage, 'KEY_AGREEMENT')
    await page.getByRole('link', { name: 'Danger zone' }).click()
    await page.getByRole('button', { name: 'Schedule deletion' }).click()
    await dialog()
      .getByText('After that date nobody can derive the secrets that were agreed on with it.')
      .waitFor()
    assert.equal(await dialog().getByText('Signatures can still be verified').count(), 0)
    await page.keyboard.press('Escape')
  })

  test('2, 3: the later specs are made here and imported, and used, each with what it can do', async () => {
    await open('/keys/new')
    await page.getByRole('radio', { name: /^Sign and verify/ }).check()
    await page.getByLabel('Spec').selectOption('ED25519')
    await page.getByLabel('Alias').fill('edwards')
    await page.getByRole('button', { name: 'Create key' }).click()
    await status('Enabled').waitFor()
    await open(`/try?key=${wizard.idInAddress(page)}&do=sign`)
    await page.getByLabel('Message', { exact: true }).fill('four anvils')
    assert.equal(
      await page.getByLabel('What is signed').locator('option').count(),
      1,
      'it signs no digests',
    )
    await page.getByRole('button', { name: 'Sign', exact: true }).last().click()
    const signature = (await page.locator('output').textContent()) ?? ''
    await page.getByRole('button', { name: 'Verify', exact: true }).click()
    await page.getByLabel('Message', { exact: true }).fill('four anvils')
    await page.getByLabel('Signature (base64)').fill(signature)
    await page.getByRole('button', { name: 'Verify', exact: true }).last().click()
    await page.getByText('The signature is valid.').waitFor()

    await wizard.createEmpty(page, stage.url(''), 'sm4-imported', 'Encrypt and decrypt data', 'SM4')
    const sm4 = wizard.idInAddress(page)
    await page.getByRole('radio', { name: 'Make it here' }).check()
    await page.getByRole('button', { name: 'Make 16 bytes' }).click()
    const value = await wizard.shownValue(page)
    await wizard.next(page)
    await wizard.importFromChecks(page, false)
    assert.equal((await card(sm4)).check_value, value)
    assert.equal(await client.decrypt(await client.encrypt(sm4, 'kept')), 'kept')

    const [sm2, mlDsa] = [
      generateKeyPairSync('ec', { namedCurve: 'SM2' }),
      generateKeyPairSync('ml-dsa-65'),
    ]
    for (const [spec, { privateKey }] of Object.entries({ SM2: sm2, ML_DSA_65: mlDsa })) {
      await wizard.createEmpty(page, stage.url(''), `imported-${spec}`, 'Sign and verify', spec)
      await wizard.chooseFile(page, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
      await wizard.next(page)
      await wizard.importFromChecks(page, true)
    }
    await open(`/keys/${wizard.idInAddress(page)}/drill`)
    await wizard.chooseFile(
      page,
      mlDsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    )
    await wizard.next(page)
    await page.getByRole('button', { name: 'Compare with the key' }).click()
    await page
      .getByRole('heading', {
        name: 'Your backup matches. Nothing was imported; the drill is recorded.',
      })
      .waitFor()
  })

  test('19: of two people who edit one key the second sees who changed it and when, and keeps what was typed', async () => {
    const id = await client.createKey({ key_alias: 'shared' })
    await open(`/keys/${id}`)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await dialog().getByLabel('Description').fill('mine')
    const other = new AdminClient(stage.server.url)
    await other.signIn(stage.userName, password)
    const { revision } = await other.ok('GET', `/keys/${id}`)
    await other.ok('PATCH', `/keys/${id}`, { revision, description: 'theirs' })
    other.close()
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog()
      .getByText(/shared was changed by admin at .*\. Your change was not applied\./)
      .waitFor()
    assert.equal(await dialog().getByLabel('Description').inputValue(), 'mine')
    assert.equal((await card(id)).description, 'theirs')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog().waitFor({ state: 'detached' })
    assert.equal((await card(id)).description, 'mine')
  })

  test('19: the key cannot be read after a change by somebody else: the dialog says why', async () => {
    const id = await client.createKey({ key_alias: 'unreadable' })
    await open(`/keys/${id}`)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await dialog().getByLabel('Description').fill('mine')
    const address = `**/admin/v1/keys/${id}`
    await page.route(address, (route) =>
      route.request().method() === 'GET' ? route.abort() : route.continue(),
    )
    await client.ok('update-key-description', { key_id: id, key_description: 'theirs' })
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog().locator('.submit-error', { hasText: 'Holdfast did not answer' }).waitFor()
    assert.equal(await dialog().getByLabel('Description').inputValue(), 'mine')
    await page.unroute(address)
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog()
      .getByText(/unreadable was changed by .* at .*\. Your change was not applied\./)
      .waitFor()
  })

  test('rotation is turned on, rotated at once, turned off; versions stay', async () => {
    const id = await client.createKey({ key_alias: 'rotating' })
    await open(`/keys/${id}/rotation`)
    await page.getByLabel(/Rotation interval in days/).fill('20')
    await page.getByRole('button', { name: 'Turn rotation on' }).click()
    await page.getByText('A rotation interval is 30 to 365 days.').waitFor()
    await page.getByLabel(/Rotation interval in days/).fill('90')
    await page.getByRole('button', { name: 'Turn rotation on' }).click()
    await page.getByText('Rotates every 90 days from now on.').first().waitFor()
    await page.getByRole('button', { name: 'Rotate now' }).click()
    await dialog().getByRole('button', { name: 'Rotate now' }).click()
    await page.getByText('rotating is rotated: new data uses version 2.').first().waitFor()
    await page.getByRole('row', { name: /^2 .* Encrypts and decrypts/ }).waitFor()
    await page.getByRole('row', { name: /^1 .* Still decrypts what it encrypted/ }).waitFor()
    await page.getByRole('button', { name: 'Turn rotation off' }).click()
    await dialog().getByRole('button', { name: 'Turn rotation off' }).click()
    await page.getByText('The rotation of rotating is turned off.').first().waitFor()
    assert.equal((await card(id)).rotation_days, null)
  })

  test('rotation days are whole numbers, for a new key as for one that is there', async () => {
    const id = await client.createKey({ key_alias: 'by-whole-days' })
    const refused = page.getByText('A rotation interval is 30 to 365 days.')
    const places = [
      [`/keys/${id}/rotation`, 'Turn rotation on'],
      ['/keys/new', 'Create key'],
    ] as const
    for (const [path, button] of places)
      for (const days of ['30.5', '1e2', '0x40']) {
        await open(path)
        if (path === '/keys/new') {
          await page.getByLabel('Alias').fill('by-odd-days')
          await page.getByRole('checkbox', { name: 'Rotate on a schedule' }).check()
        }
        await page.getByLabel(/Rotation interval in days/).fill(days)
        await page.getByRole('button', { name: button }).click()
        await refused.waitFor({ timeout: 3000 })
      }
  })

  test('tags: given with a new key, added, changed, removed, set on many, searched and filtered by', async () => {
    await open('/keys/new')
    await page.getByLabel('Alias').fill('tagged-one')
    const addRow = async (n: number, key: string, value: string): Promise<void> => {
      await page.getByRole('button', { name: 'Add a tag' }).click()
      await page.getByLabel(`Key of tag ${n}`).fill(key)
      await page.getByLabel(`Value of tag ${n}`).fill(value)
    }
    await addRow(1, 'team', '支付/payments')
    await addRow(2, 'aws:region', 'x')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page
      .getByText(/A tag key is letters, digits, .*; it must not begin with aws: or _sys_\./)
      .waitFor()
    assert.equal(
      (await client.send(client.sign('GET', '/admin/v1/keys?text=tagged-one'))).body.total,
      0,
      'no key was made',
    )
    await page.getByRole('button', { name: 'Remove tag 2' }).click()
    await page.getByRole('button', { name: 'Create key' }).click()
    await status('Enabled').waitFor()
    const id = wizard.idInAddress(page)
    const tags = async (): Promise<Body> => (await card(id)).tags
    assert.deepEqual(await tags(), [{ key: 'team', value: '支付/payments' }])

    await page
      .getByRole('navigation', { name: 'Parts of this key' })
      .getByRole('link', { name: 'Tags 1' })
      .click()
    await page.getByRole('button', { name: 'Add a tag' }).click()
    await dialog().getByLabel('Tag key').fill('team')
    await page.keyboard.press('Enter')
    await dialog()
      .getByText('The key already has this tag key. Change its value instead.')
      .waitFor()
    await dialog().getByLabel('Tag key').fill('stage')
    await dialog().getByLabel('Tag value').fill('50 % off')
    await page.keyboard.press('Enter')
    await dialog()
      .getByText('A tag value is letters, digits, spaces and _ . : / = + @ -.')
      .waitFor()
    await dialog().getByLabel('Tag value').fill('test')
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: 'stage test Change stage Remove stage' }).waitFor()
    await page.getByRole('button', { name: 'Change stage' }).click()
    await dialog().getByLabel('Tag value').fill('')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await page.getByRole('row', { name: 'stage — Change stage Remove stage' }).waitFor()
    assert.deepEqual(await tags(), [
      { key: 'stage', value: '' },
      { key: 'team', value: '支付/payments' },
    ])
    await page.getByRole('button', { name: 'Remove stage' }).click()
    await dialog().getByRole('button', { name: 'Keep tag' }).click()
    await page.getByRole('button', { name: 'Remove stage' }).click()
    await dialog().getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('row', { name: /^stage/ }).waitFor({ state: 'detached' })
    assert.deepEqual(await tags(), [{ key: 'team', value: '支付/payments' }])

    const other = await client.createKey({ key_alias: 'tagged-two' })
    await open('/keys?text=tagged-')
    for (const name of ['tagged-one', 'tagged-two'])
      await page.getByRole('checkbox', { name: `Select ${name}` }).check()
    await page.locator('.bulk').getByRole('button', { name: 'Tag', exact: true }).click()
    await dialog().getByLabel('Tag key').fill('team')
    await dialog().getByLabel('Tag value').fill('ledger')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await page.getByText('Done for 2 keys: tagged-one, tagged-two.').waitFor()
    await client.ok(`${other}/tags`, { tag: { key: 'team', value: 'archive' } })
    await open('/keys')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Tags' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('combobox', { name: 'Tag', exact: true }).selectOption('team')
    await page.getByText('1–2 of 2').waitFor()
    await page.getByRole('combobox', { name: 'Tag value' }).selectOption('archive')
    await page.getByText('1–1 of 1').waitFor()
    await page.getByRole('row', { name: /tagged-two .* team: archive/ }).waitFor()
    assert.match(page.url(), /tag=team&value=archive/)
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Tags' }).click()
    await open('/keys')
    await page.getByRole('searchbox', { name: 'Search alias, ID, tag, description' }).fill('LEDGER')
    await page.getByText('1–1 of 1').waitFor()
    await page.getByRole('link', { name: 'tagged-one' }).waitFor()
  })

  test('aliases: added, moved to a key that can replace it, removed; evidence and search know them', async () => {
    const id = await client.createKey({ key_alias: 'pointed-at' })
    const other = await client.createKey({ key_alias: 'substitute' })
    await client.createKey({
      key_alias: 'substitute-signer',
      key_spec: 'EC_P256',
      key_usage: 'SIGN_VERIFY',
    })
    const aliases = async (of: string): Promise<string[]> =>
      (await card(of)).aliases.map(({ alias }: Body) => alias)
    await open(`/keys/${id}/aliases`)
    await page.getByRole('row', { name: 'pointed-at The key’s own Edit' }).waitFor()
    await page.getByRole('button', { name: 'Add an alias' }).click()
    await dialog().getByRole('textbox', { name: 'Alias' }).fill('alias/aws/x')
    await page.keyboard.press('Enter')
    await dialog()
      .locator('.field-error')
      .getByText('alias/aws/ and alias/hws/ are reserved')
      .waitFor()
    await dialog().getByRole('textbox', { name: 'Alias' }).fill('alias/shop/x')
    await page.keyboard.press('Enter')
    await page.getByText('alias/shop/x points to pointed-at.').first().waitFor()
    await page.getByRole('button', { name: 'Add an alias' }).click()
    await dialog().getByRole('textbox', { name: 'Alias' }).fill('alias/shop/x')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog().getByText('The key already has this alias.').waitFor()
    await client.call('aliases', { key_id: other, alias: 'alias/theirs' })
    await dialog().getByRole('textbox', { name: 'Alias' }).fill('alias/theirs')
    await dialog().getByRole('button', { name: 'Save' }).click()
    await dialog().getByText('Another key has this alias. Choose another one.').waitFor()
    await page.keyboard.press('Escape')
    assert.deepEqual(await aliases(id), ['alias/shop/x'])

    await page.getByRole('button', { name: 'Disable' }).click()
    await dialog().getByText('Aliases pointed-at, alias/shop/x').waitFor()
    await page.keyboard.press('Escape')
    await open('/keys?text=alias/shop')
    await page.getByRole('link', { name: 'pointed-at' }).waitFor()

    await open(`/keys/${id}/aliases`)
    await page.getByRole('button', { name: 'Move alias/shop/x', exact: true }).click()
    await dialog().getByLabel('Find the key it should point to').fill('substitute')
    await dialog()
      .getByRole('radio', { name: /^substitute .* Enabled$/ })
      .check()
    assert.equal(
      await dialog().getByRole('radio').count(),
      1,
      'a key of another kind is not offered',
    )
    await dialog().getByRole('button', { name: 'Move', exact: true }).click()
    await page.getByText('alias/shop/x now points to substitute.').first().waitFor()
    await page
      .getByRole('button', { name: 'Move alias/shop/x', exact: true })
      .waitFor({ state: 'detached' })
    assert.deepEqual(
      [await aliases(id), await aliases(other)],
      [[], ['alias/shop/x', 'alias/theirs']],
    )
    await open(`/keys/${other}`)
    await page.getByRole('link', { name: 'Aliases 3' }).click()
    await page.getByRole('button', { name: 'Remove alias/shop/x' }).click()
    await dialog().getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('row', { name: /^alias\/shop/ }).waitFor({ state: 'detached' })
    assert.deepEqual(await aliases(other), ['alias/theirs'])
  })

  test('grants: created by the domain’s rules, counted where a key may end, revoked', async () => {
    const id = await client.createKey({ key_alias: 'granted' })
    const grants = async (): Promise<Body[]> =>
      (await client.ok('list-grants', { key_id: id })).grants
    await open(`/keys/${id}/grants`)
    await page.getByText('Nobody has a grant. Roles still apply.').waitFor()
    await page.locator('main').getByRole('link', { name: 'People and access' }).waitFor()
    await page.getByRole('button', { name: 'Create a grant' }).click()
    const create = dialog().getByRole('button', { name: 'Create a grant' })
    await create.click()
    await dialog()
      .getByText('The ID of a grantee or retiring user is 1 to 64 letters, digits and hyphens.')
      .waitFor()
    await dialog()
      .getByLabel('Grantee', { exact: true })
      .selectOption({ label: 'Another user, by ID' })
    const user = '0123456789abcdef0123456789abcdef'
    await dialog().getByLabel('Grantee: ID').fill(user)
    await dialog().getByLabel('Pass this grant on (create-grant)').check()
    await create.click()
    await dialog().getByText('A grant needs at least one operation besides create-grant.').waitFor()
    assert.equal(
      await dialog().getByLabel('Sign', { exact: true }).count(),
      0,
      'what the key cannot do is not offered',
    )
    await dialog().getByLabel('Decrypt', { exact: true }).check()
    await dialog()
      .getByLabel(/^Retiring user/)
      .selectOption({ label: 'admin' })
    await dialog().getByLabel('Name (optional)').fill('no name!')
    await create.click()
    await dialog().getByText('A name is 1 to 255 characters:').waitFor()
    assert.deepEqual(await grants(), [])
    await dialog().getByLabel('Name (optional)').fill('for-the-shop')
    await create.click()
    await page
      .getByRole('row', {
        name: /^for-the-shop 01234567…cdef Pass this grant on \(create-grant\), Decrypt admin/,
      })
      .waitFor()
    const [grant] = await grants()
    assert.deepEqual(
      [
        grant?.grantee_principal,
        grant?.grantee_principal_type,
        grant?.operations,
        grant?.retiring_principal === '',
      ],
      [user, 'user', ['create-grant', 'decrypt-data'], false],
    )
    await page.getByRole('link', { name: 'Danger zone' }).click()
    await page.locator('.evidence').getByRole('link', { name: '1 grant' }).click()
    await page.getByRole('button', { name: 'Revoke for-the-shop' }).click()
    await dialog().getByText('every grant passed on from it').waitFor()
    await dialog().getByRole('button', { name: 'Revoke', exact: true }).click()
    await page.getByText('Nobody has a grant. Roles still apply.').waitFor()
    assert.deepEqual(await grants(), [])

    await page.getByRole('button', { name: 'Create a grant' }).click()
    await dialog()
      .getByRole('radio', { name: /Everyone in a domain/ })
      .check()
    await dialog().getByLabel('Encrypt', { exact: true }).check()
    await create.click()
    await page.getByRole('row', { name: /Everyone in the domain/ }).waitFor()
    assert.equal((await grants())[0]?.grantee_principal_type, 'domain')
  })

  test('the list searches, filters, sorts, pages, and acts on many; back restores it and the focus', async () => {
    for (let i = 0; i < 60; i++)
      await client.createKey({ key_alias: `many-${String(i).padStart(2, '0')}` })
    await open('/keys')
    const focused = (): Promise<unknown> =>
      page.evaluate('document.activeElement.getAttribute("aria-label")')
    await until(async () => (await focused()) === 'Search alias, ID, tag, description', 5000)
    await page.getByRole('searchbox', { name: 'Search alias, ID, tag, description' }).fill('many-')
    await page.getByText('1–50 of 60').waitFor()
    await page.getByRole('button', { name: 'Alias' }).click()
    await page.locator('th[aria-sort=ascending]', { hasText: 'Alias' }).waitFor()
    await page.getByRole('button', { name: 'Page 2' }).click()
    await page.getByText('51–60 of 60').waitFor()
    assert.match(page.url(), /text=many-/)
    assert.match(page.url(), /page=2/)
    await page.getByRole('link', { name: 'many-55' }).click()
    await status('Enabled').waitFor()
    await page.goBack()
    await page.getByText('51–60 of 60').waitFor()
    await until(
      async () => (await page.evaluate('document.activeElement.textContent')) === 'many-55',
      5000,
    )
    for (const name of ['many-57', 'many-58'])
      await page.getByRole('checkbox', { name: `Select ${name}` }).check()
    await page.getByText('2 selected').waitFor()
    await page.locator('.bulk').getByRole('button', { name: 'Disable' }).click()
    await dialog().getByText('many-57').waitFor()
    await dialog().getByRole('button', { name: 'Disable' }).click()
    await page.getByText('Done for 2 keys: many-57, many-58.').waitFor()
    await page.getByRole('combobox', { name: 'Status' }).selectOption('disabled')
    await page.getByText('1–2 of 2').waitFor()
    await page
      .getByRole('searchbox', { name: 'Search alias, ID, tag, description' })
      .fill('nothing like it')
    await page.getByText('No key matches.').waitFor()
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.getByText(/1–50 of \d+/).waitFor()
    const sent: string[] = []
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData()}`))
    const material = Buffer.from('3q2+7wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=', 'base64')
    for (const pasted of [material.toString('hex'), material.toString('base64')]) {
      await page.getByRole('searchbox', { name: 'Search alias, ID, tag, description' }).fill(pasted)
      await page.getByText('This may be key material, so it was not searched for.').waitFor()
      await page
        .getByRole('searchbox', { name: 'Search alias, ID, tag, description' })
        .press('Enter')
      assert.doesNotMatch(page.url(), /text=/, 'what may be a secret is not put into the address')
    }
    await page
      .getByRole('searchbox', { name: 'Search alias, ID, tag, description' })
      .fill('many-01')
    await page.getByText('1–1 of 1').waitFor()
    assert.ok(
      sent.length > 0 &&
        !sent.some(
          (one) => one.includes(material.toString('hex').slice(0, 20)) || one.includes('3q2'),
        ),
      'nor is it sent',
    )
  })

  test('what is done to many is judged by the keys as they are now', async () => {
    const ids = [
      await client.createKey({ key_alias: 'turned-1' }),
      await client.createKey({ key_alias: 'turned-2' }),
    ]
    await open('/keys?text=turned-')
    for (const name of ['turned-1', 'turned-2'])
      await page.getByRole('checkbox', { name: `Select ${name}` }).check()
    const bulk = (name: string) => page.locator('.bulk').getByRole('button', { name, exact: true })
    assert.equal(await bulk('Enable').getAttribute('aria-disabled'), 'true')
    for (const key_id of ids) await client.ok('disable-key', { key_id })
    await until(async () => {
      await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
      return (await page.locator('td .status', { hasText: 'Disabled' }).count()) === 2
    }, 10_000)
    await page.getByText('2 selected').waitFor()
    assert.equal(await bulk('Disable').getAttribute('aria-disabled'), 'true')
    await bulk('Enable').click()
    await dialog().getByRole('button', { name: 'Enable' }).click()
    await page.getByText('Done for 2 keys: turned-1, turned-2.').waitFor()
  })

  test('14: at the instant of the expiry encryption stops and row and page say so by themselves; the same material revives it', async () => {
    const material = randomBytes(32)
    const at = Math.floor(Date.now() / 1000) + 12
    const id = await imported('short-lived', material, { expiration_time: at })
    const ciphertext = await client.encrypt(id, 'kept')
    const { page: list } = await stage.person('/keys?text=short-lived')
    await list.locator('.table .status', { hasText: 'Enabled' }).waitFor()
    const { page: tried } = await stage.person(`/try?key=${id}`)
    await tried.getByLabel('Plaintext').fill('x')
    await open(`/keys/${id}`)
    await status('Enabled').waitFor()
    await until(() => Date.now() >= at * 1000, 20_000)
    await tried.getByRole('button', { name: 'Encrypt', exact: true }).last().click()
    await tried
      .getByText('The key holds no material, so it can do nothing. Import its material first.')
      .waitFor()
    await status('Pending import').waitFor()
    await page
      .getByText(
        /The material expired at .* and was erased\. Re-import the same material to continue\./,
      )
      .waitFor()
    await list.locator('.table .status', { hasText: 'Pending import' }).waitFor()
    await open(`/keys/${id}/import`)
    await wizard.chooseFile(page, material)
    await wizard.next(page)
    await wizard.importFromChecks(page, false)
    assert.equal(await client.decrypt(ciphertext), 'kept')
  })

  test('the state line changes at the instant of the expiry, also while the server gives no answer', async () => {
    const at = (Math.floor(Date.now() / 1000) + 8) * 1000
    const id = await imported('unasked', randomBytes(32), { expiration_time: at / 1000 })
    const { page: apart } = await stage.person(`/keys/${id}`)
    const line = apart.locator('.state-line')
    await line.getByText(/Stops on/).waitFor()
    await apart.route('**/admin/v1/keys/**', () => {})
    await apart.evaluate(`window.changedAt = 0
      new MutationObserver(() => (window.changedAt ||= Date.now())).observe(document.querySelector('.state-line'), {
        childList: true, characterData: true, subtree: true })`)
    await line.filter({ hasNotText: /Stops on/ }).waitFor()
    const late = (await apart.evaluate<number>('window.changedAt')) - at
    assert.ok(late >= 0 && late < 3000, `${late} ms after the instant`)
    await apart.context().close()
  })

  test('an expiry that is near is postponed with the same material; nothing else changes', async () => {
    const material = randomBytes(32)
    const soon = Math.floor((Date.now() + moved) / 1000) + 10 * 86_400
    const id = await imported('put-off', material, { expiration_time: soon })
    await open('/')
    await page.getByRole('link', { name: 'Re-import: put-off' }).click()
    await page
      .getByText('Importing the same material again changes its expiry and nothing else.')
      .waitFor()
    await wizard.chooseFile(page, material)
    await wizard.next(page)
    await wizard.passBackup(page)
    await page.getByRole('heading', { name: 'When should the material stop working?' }).waitFor()
    // Material that had an expiry keeps one, unless the person says otherwise.
    assert.ok(await page.getByRole('radio', { name: 'At a date and time' }).isChecked())
    await page.getByRole('radio', { name: 'In 1 year' }).check()
    await wizard.next(page)
    await page.getByRole('button', { name: 'Import material' }).click()
    await page
      .getByRole('heading', { name: 'The expiry of put-off is set. Nothing else has changed.' })
      .waitFor()
    const { state, expires_at } = await card(id)
    assert.equal(state, 'enabled')
    assert.ok(Math.abs(expires_at - Date.now() - moved - 365 * dayMs) < 3_600_000)
  })

  test('9: a token that expired is replaced, choices are kept, and the file wrapped again is accepted', async () => {
    const id = await wizard.createEmpty(
      page,
      stage.url(''),
      'late',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await page.getByRole('radio', { name: 'Wrapped elsewhere' }).check()
    const material = randomBytes(32)
    const { wrapped, parameters } = await wrappedBy(page, material)
    await page
      .getByLabel(/Wrapped material/)
      .setInputFiles({ name: 'wrapped.bin', mimeType: 'application/octet-stream', buffer: wrapped })
    await wizard.next(page)
    await page.getByRole('radio', { name: 'In 2 years' }).check()
    await wizard.next(page)
    pass(25 * 3_600_000)
    // The page may have found out by itself and ask for the password already: no pointer gets past
    // that.
    await page.getByRole('button', { name: 'Import material' }).dispatchEvent('click')
    // By then the session has ended as well: after signing in again, everything that was chosen is
    // still there.
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor()
    await dialog().getByLabel('Password').fill(password)
    await dialog().getByRole('button', { name: 'Sign in' }).click()
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Import material' }).click()
    await page
      .getByText(
        /The import token expired at .*\. A new one is ready; wrap your material again with the new wrapping key\./,
      )
      .waitFor()
    await page.getByText('Nothing was sent twice.').waitFor()
    await page.getByRole('button', { name: 'Wrap it again' }).click()
    const again = await wrappedBy(page, material)
    assert.notEqual(again.parameters.import_token, parameters.import_token)
    await page.getByLabel(/Wrapped material/).setInputFiles({
      name: 'wrapped.bin',
      mimeType: 'application/octet-stream',
      buffer: again.wrapped,
    })
    await wizard.next(page)
    assert.ok(await page.getByRole('radio', { name: 'In 2 years' }).isChecked())
    await wizard.next(page)
    await wizard.submit(page)
    assert.equal((await card(id)).state, 'enabled')
  })
})

/**
 * What a person does on another computer: wraps under the key in the parameters that the page
 * offers.
 */
async function wrappedBy(
  page: Page,
  material: Uint8Array,
): Promise<{ wrapped: Buffer; parameters: Body }> {
  const { wrap } = await import('../../e2e/client.ts')
  const started = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Parameters with the token (JSON)' }).click()
  const parameters = JSON.parse((await wizard.saved(await started)).toString())
  return { wrapped: Buffer.from(wrap(parameters.public_key, material), 'base64'), parameters }
}
