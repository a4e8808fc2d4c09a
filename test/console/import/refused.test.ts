/**
 * Private keys that nobody should use, one private key for two keys, and shares on paper, in the
 * wizard.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import { bits, explicit, integer, octets, oid, pkcs8, sequence } from '../../crypto/der.ts'
import type { HuaweiClient } from '../../e2e/client.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import { nextPrime, numbersOf, pkcs8Of, rocaPrime, rsaPrime } from '../material/rsa-keys.ts'
import * as wizard from '../wizard.ts'

/** A point that is not on its curve, with an honest private number. */
function offCurve(): Buffer {
  const pair = createECDH('prime256v1')
  const point = pair.generateKeys()
  point.writeUInt8((point[64] ?? 0) ^ 1, 64)
  const inner = sequence(integer(1n), octets(pair.getPrivateKey()), explicit(1, bits(point)))
  return pkcs8([oid('2a8648ce3d0201'), oid('2a8648ce3d030107')], inner)
}

describe('what the wizard refuses, and shares on paper', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let page: Page
  let client: HuaweiClient
  before(async () => {
    stage = await ConsoleStage.start()
    page = (await stage.person()).page
    client = stage.server.client()
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
  })
  const record = async (id: string): Promise<string> =>
    JSON.stringify((await client.send(client.sign('GET', `/admin/v1/keys/${id}`))).body)

  const [p, q] = [rsaPrime(1024), rsaPrime(1024)]
  const good = numbersOf(p, q)
  const bad: readonly (readonly [what: string, spec: string, key: Buffer, reason: string])[] = [
    [
      'RSA with exponent 3',
      'RSA_2048',
      pkcs8Of({ ...good, e: 3n }),
      'its public exponent is even or below 65537',
    ],
    [
      'RSA with close primes',
      'RSA_2048',
      pkcs8Of(numbersOf(nextPrime(p), p)),
      'its two primes are close to each other, so it can be factored',
    ],
    [
      'RSA of the ROCA generator',
      'RSA_2048',
      pkcs8Of(numbersOf(rocaPrime(), rocaPrime())),
      'it was made by a weak generator (ROCA)',
    ],
    [
      'RSA with a wrong CRT value',
      'RSA_2048',
      pkcs8Of({ ...good, dp: good.dp + 2n }),
      'its numbers do not agree with each other',
    ],
  ]
  test('8: unfit private keys are refused with their own reason; nothing changes', async () => {
    for (const [what, spec, key, reason] of bad) {
      const id = await wizard.createEmpty(
        page,
        stage.url(''),
        what.replaceAll(' ', '-'),
        'Sign and verify',
        spec,
      )
      const before = await record(id)
      await wizard.chooseFile(page, key, 'key.der')
      await wizard.next(page)
      await page
        .getByText(`This private key is not safe to use: ${reason}. Make a new key pair.`)
        .waitFor()
      assert.equal(
        await page
          .getByRole('button', { name: 'Continue', exact: true })
          .getAttribute('aria-disabled'),
        'true',
      )
      await page.getByRole('button', { name: 'Continue', exact: true }).click({ force: true })
      await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
      assert.equal(await record(id), before)
    }
  })

  test('8: a private key whose public point is not its own is refused where it is chosen; nothing changes', async () => {
    const id = await wizard.createEmpty(
      page,
      stage.url(''),
      'ec-off-its-curve',
      'Sign and verify',
      'EC_P256',
    )
    const before = await record(id)
    await wizard.chooseFile(page, offCurve(), 'key.der')
    const reason = 'its public key does not belong to its private key'
    await page.getByText(`This private key cannot be a key of EC_P256: ${reason}.`).waitFor()
    assert.equal(
      await page
        .getByRole('button', { name: 'Continue', exact: true })
        .getAttribute('aria-disabled'),
      'true',
    )
    assert.equal(await record(id), before)
  })

  test('8: a private key that another key holds already is refused, and that key is named', async () => {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
    for (const alias of ['holder', 'second']) {
      await wizard.createEmpty(page, stage.url(''), alias, 'Sign and verify', 'EC_P256')
      await wizard.pasteText(page, pem)
      await wizard.next(page)
      await wizard.passBackup(page)
      await page.getByRole('button', { name: 'Import material' }).click()
      if (alias === 'holder')
        await page.getByRole('heading', { name: 'holder is enabled.' }).waitFor()
    }
    await page
      .getByText(
        'Another key of this project already holds this private key: holder. One private key belongs to one key.',
      )
      .waitFor()
    assert.equal(JSON.parse(await record(wizard.idInAddress(page))).state, 'pending-import')
  })

  test('12: any three of five shares on paper prove the backup, two do not; three restore the material', async () => {
    const material = randomBytes(32)
    const id = await wizard.createEmpty(
      page,
      stage.url(''),
      'on-paper',
      'Encrypt and decrypt data',
      'AES_256',
    )
    await wizard.chooseFile(page, material)
    await wizard.next(page)
    await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
    await wizard.next(page)
    await page.getByRole('radio', { name: /Paper shares/ }).check()
    await page.getByRole('button', { name: 'Make the shares' }).click()
    const shares: string[] = []
    for (let number = 1; number <= 5; number++) {
      await page.getByText(`Share ${number} of 5`, { exact: true }).waitFor()
      assert.equal(
        await page.locator('.share-words').count(),
        0,
        'a share is covered until it is asked for',
      )
      await page.getByRole('button', { name: 'Show', exact: true }).click()
      shares.push((await page.locator('.share-words').textContent()) ?? '')
      if (number < 5) await page.getByRole('button', { name: 'Next' }).click()
    }
    assert.equal(new Set(shares).size, 5)
    const rebuild = async (numbers: readonly number[]): Promise<void> => {
      for (const n of [1, 2, 3])
        await page.getByLabel(`Words of share ${n}`).fill(shares[(numbers[n - 1] ?? 0) - 1] ?? '')
      await page.getByRole('button', { name: 'Rebuild and compare' }).click()
    }
    await rebuild([4, 2])
    await page.getByText('2 of 3 shares. Give more shares of this set.').waitFor()
    await page.getByRole('button', { name: 'Continue', exact: true }).click({ force: true })
    await page.getByText('Verify the backup first.').first().waitFor()
    await rebuild([2, 2, 5])
    await page.getByText('Share 2 was given twice. Give another share of this set.').waitFor()
    // The printed page as a whole: every word has its number, and the share can be read from the
    // page again.
    await page.emulateMedia({ media: 'print' })
    // biome-ignore lint/performance/useDomNodeTextContent: a person copies what is rendered, with its lines.
    const printed = await page.locator('.share-page').innerText()
    for (const [i, word] of (shares[4] ?? '').split(' ').entries())
      assert.match(printed, new RegExp(`^${i + 1} ${word}$`, 'm'))
    const cut = await page
      .locator('.share-page-number')
      .evaluateAll((numbers) =>
        numbers.filter(
          (one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().left < 0,
        ),
      )
    assert.equal(cut.length, 0)
    await page.emulateMedia({ media: 'screen' })
    shares[4] = printed
    await rebuild([5, 1, 4])
    await page.getByText('Matches.').waitFor()
    await wizard.next(page)
    await page.getByRole('heading', { name: 'When should the material stop working?' }).waitFor()
    await wizard.next(page)
    await wizard.submit(page)
    assert.equal(JSON.parse(await record(id)).check_value, checkValue(id, 'AES_256', material))

    const ciphertext = await client.encrypt(id, 'before')
    await client.ok('delete-imported-key-material', { key_id: id })
    await page.goto(stage.url(`/keys/${id}/import`))
    await wizard.chooseFile(page, 'not a share', 'notes.txt')
    await page.locator('.banner.danger').waitFor()
    await page.getByRole('radio', { name: 'Paper shares' }).check()
    for (const [n, number] of [3, 5, 2].entries())
      await page.getByLabel(`Words of share ${n + 1}`).fill(shares[number - 1] ?? '')
    await page.getByRole('button', { name: 'Rebuild from shares' }).click()
    const origin = page.locator('.panel', { hasText: 'Your material' }).locator('.fact', {
      hasText: 'Read as',
    })
    assert.equal(await origin.locator('dd').textContent(), 'shares')
    await wizard.next(page)
    await page.getByRole('heading', { name: 'Is it fit for use?' }).waitFor()
    await wizard.next(page)
    // The shares proved the backup a moment ago: the person is not asked to make another.
    await page.getByRole('heading', { name: 'When should the material stop working?' }).waitFor()
    await wizard.next(page)
    await wizard.submit(page)
    assert.equal(await client.decrypt(ciphertext), 'before')
  })
})
