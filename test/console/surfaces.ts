/**
 * Every page, step and dialog of the console, each with the way a person gets there, in either
 * language.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Locator, Page } from 'playwright-core'
import type { HuaweiClient } from '../e2e/client.ts'
import { password } from './browser.ts'
import type { Say } from './tables.ts'

export type Seeds = {
  readonly made: string
  readonly disabled: string
  readonly imported: string
  readonly material: Uint8Array
  readonly pair: string
  readonly privateKeyPem: string
  readonly pending: string
  readonly emptied: string
  readonly ending: string
  readonly ciphertext: string
}

const dayS = 86_400

/** Keys of every kind and state, with some use, so that no part of a page is empty. */
export async function seed(client: HuaweiClient): Promise<Seeds> {
  const made = await client.createKey({
    key_alias: 'orders-db',
    key_description: 'Orders of the shop',
  })
  await client.ok('enable-key-rotation', { key_id: made })
  await client.ok('update-key-rotation-interval', { key_id: made, rotation_interval: 60 })
  await client.ok('rotate-on-demand', { key_id: made })
  const tags = [
    { key: 'team', value: 'payments' },
    { key: 'stage', value: '' },
  ]
  await client.ok(`${made}/tags/action`, { action: 'create', tags })
  for (const alias of ['alias/shop/orders', 'alias/orders'])
    await client.call('aliases', { key_id: made, alias })
  const operations = ['encrypt-data', 'create-datakey', 'create-grant']
  await client.ok('create-grant', {
    key_id: made,
    name: 'shop',
    grantee_principal: 'f'.repeat(32),
    operations,
  })
  const everybody = {
    grantee_principal: 'd'.repeat(32),
    grantee_principal_type: 'domain',
    retiring_principal: 'e'.repeat(32),
  }
  await client.ok('create-grant', { key_id: made, ...everybody, operations: ['decrypt-data'] })
  const ciphertext = await client.encrypt(made, 'four anvils')
  const disabled = await client.createKey({
    key_alias: 'legacy-tls',
    key_spec: 'RSA_2048',
    key_usage: 'ENCRYPT_DECRYPT',
  })
  await client.ok('disable-key', { key_id: disabled })
  const material = randomBytes(32)
  const imported = await client.createKey({ key_alias: 'payroll-hsm', origin: 'external' })
  await client.import(imported, material, {
    expiration_time: Math.floor(Date.now() / 1000) + 9 * dayS,
  })
  await client.encrypt(imported, 'x')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pair = await client.createKey({
    key_alias: 'code-signing',
    origin: 'external',
    key_spec: 'EC_P256',
    key_usage: 'SIGN_VERIFY',
  })
  await client.importPrivateKey(pair, privateKey.export({ type: 'pkcs8', format: 'der' }))
  const pending = await client.createKey({ key_alias: 'waiting', origin: 'external' })
  const emptied = await client.createKey({ key_alias: 'emptied', origin: 'external' })
  await client.import(emptied, randomBytes(32))
  await client.ok('delete-imported-key-material', { key_id: emptied })
  const ending = await client.createKey({ key_alias: 'old-invoices' })
  await client.encrypt(ending, 'x')
  await client.ok('schedule-key-deletion', { key_id: ending, pending_days: '7' })
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return {
    made,
    disabled,
    imported,
    material,
    pair,
    privateKeyPem,
    pending,
    emptied,
    ending,
    ciphertext,
  }
}

/** A person at the console, who reads one language. */
export class Reader {
  readonly page: Page
  readonly say: Say
  readonly #url: (path: string) => string

  constructor(page: Page, say: Say, url: (path: string) => string) {
    this.page = page
    this.say = say
    this.#url = url
    // Some of the ways end by leaving a page with material in it.
    page.on('dialog', (asked) => void asked.accept())
  }

  /** Goes to another page as its links do; a page that is open already is loaded again. */
  async open(path: string): Promise<void> {
    const wanted = new URL(this.#url(path))
    const isHere = new URL(this.page.url()).pathname === wanted.pathname
    if (isHere || (await this.page.locator('dialog[open]').count()) > 0)
      await this.page.goto(wanted.href)
    else
      await this.page.evaluate(
        `history.pushState(null, '', ${JSON.stringify(wanted.pathname + wanted.search)})`,
      )
    await this.settled()
  }

  /** Waits until nothing is loading any more. */
  async settled(): Promise<void> {
    await this.page.locator('h1').first().waitFor()
    await this.page
      .locator('.loading, main [aria-busy=true]')
      .first()
      .waitFor({ state: 'detached' })
  }

  button(key: string, values?: Parameters<Say>[1]): Locator {
    return this.page.getByRole('button', { name: this.say(key, values), exact: true })
  }
  press(key: string, values?: Parameters<Say>[1]): Promise<void> {
    return this.button(key, values).last().click()
  }
  choose(value: string): Promise<void> {
    return this.page.locator(`input[type=radio][value="${value}"]`).check()
  }
  /** In the open dialog, otherwise in the page. */
  field(key: string, values?: Parameters<Say>[1]): Locator {
    return this.page.getByLabel(this.say(key, values), { exact: true }).last()
  }
  says(key: string, values?: Parameters<Say>[1]): Promise<void> {
    return this.page.getByText(this.say(key, values)).first().waitFor()
  }
}

export type Surface = {
  readonly name: string
  readonly go: (reader: Reader) => Promise<void>
  /** Present only in the narrow layout, or only in the wide one. */
  readonly only?: 'narrow' | 'wide'
}

const at =
  (path: string): ((reader: Reader) => Promise<void>) =>
  async (reader) =>
    reader.open(path)

/** A service without a key. */
export const emptySurfaces: readonly Surface[] = [
  { name: 'overview of a new service', go: at('/') },
  { name: 'keys, none', go: at('/keys') },
  { name: 'unfinished imports, none', go: at('/imports') },
  { name: 'Try it without a key', go: at('/try') },
]

export function surfacesOf(seeds: Seeds): readonly Surface[] {
  return [...pages(seeds), ...keyPages(seeds), ...wizard(seeds), ...dialogs(seeds)]
}

function pages({ made, pair, pending, ciphertext }: Seeds): readonly Surface[] {
  return [
    { name: 'overview', go: at('/') },
    {
      name: 'overview, its charts as tables',
      go: async (reader) => {
        await reader.open('/')
        for (const button of await reader.button('common.table').all()) await button.click()
      },
    },
    { name: 'keys', go: at('/keys') },
    { name: 'keys, no match', go: at('/keys?text=nothing-like-it') },
    { name: 'keys of a tag', go: at('/keys?tag=team&value=payments') },
    { name: 'create', go: at('/keys/new') },
    {
      name: 'create, refused',
      go: async (reader) => {
        await reader.open('/keys/new')
        await reader.choose('encrypt')
        await reader.page.locator('summary').click()
        await reader.page.locator('input[type=checkbox]').check()
        await reader.press('tags.add')
        await reader.field('words.alias').fill('not an alias')
        await reader.press('actions.createKey')
        await reader.says('errors.alias-invalid')
      },
    },
    {
      name: 'Try it: encrypted',
      go: async (reader) => {
        await reader.open(`/try?key=${made}&do=encrypt`)
        await reader.field('words.plaintext').fill('four anvils')
        await reader.press('try.contextAdd')
        await reader.page.locator('form button[type=submit]').last().click()
        await reader.says('try.ciphertextNote')
      },
    },
    {
      name: 'Try it: decrypt, refused',
      go: async (reader) => {
        await reader.open(`/try?key=${made}&do=decrypt`)
        await reader.page.locator('main textarea').fill(`${ciphertext.slice(0, -8)}AAAAAAA=`)
        await reader.page.locator('form button[type=submit]').last().click()
        await reader.says('errors.ciphertext-invalid')
      },
    },
    {
      name: 'Try it: data key',
      go: async (reader) => {
        await reader.open(`/try?key=${made}&do=data-key`)
        await reader.page.locator('form button[type=submit]').last().click()
        await reader.says('try.dataKeySealedNote')
      },
    },
    {
      name: 'Try it: signed',
      go: async (reader) => {
        await reader.open(`/try?key=${pair}&do=sign`)
        await reader.field('try.message').fill('four anvils')
        await reader.page.locator('form button[type=submit]').last().click()
        await reader.page.locator('output').waitFor()
      },
    },
    { name: 'Try it: verify', go: at(`/try?key=${pair}&do=verify`) },
    { name: 'Try it: a key that cannot', go: at(`/try?key=${pending}`) },
    {
      name: 'which key opens this',
      go: async (reader) => {
        await reader.open('/try/identify')
        await reader.page.locator('main textarea').fill(ciphertext)
        await reader.says('identify.openKey')
      },
    },
    { name: 'audit', go: at('/audit') },
    { name: 'audit, no match', go: at('/audit?caller=11111111-1111-4111-8111-111111111111') },
    { name: 'people', go: at('/people') },
    { name: 'system', go: at('/system') },
    { name: 'not found', go: at('/nowhere') },
  ]
}

function keyPages({
  made,
  imported,
  pair,
  pending,
  emptied,
  ending,
  disabled,
}: Seeds): readonly Surface[] {
  const tabs = ['', '/rotation', '/activity', '/danger'] as const
  const all = [...tabs, '/aliases', '/tags', '/grants'] as const
  const keys = [
    ['made here', made, all],
    ['disabled', disabled, [...tabs, '/public-key']],
    ['imported', imported, tabs],
    ['imported pair', pair, [...tabs, '/public-key']],
    ['pending import', pending, tabs],
    ['without its material', emptied, ['']],
    ['pending deletion', ending, all],
  ] as const
  return keys.flatMap(([name, id, shown]) =>
    shown.map((tab) => ({
      name: `key, ${name}: ${tab === '' ? 'overview' : tab.slice(1)}`,
      go: at(`/keys/${id}${tab}`),
    })),
  )
}

const aFile = (content: Uint8Array | string) => ({
  name: 'material.bin',
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
})

/** Material from a file, up to what the page says of it. */
async function withFile({ page }: Reader, content: Uint8Array | string): Promise<void> {
  await page.locator('.drop-zone input[type=file]').setInputFiles(aFile(content))
  await page
    .locator('.panel .fact, .panel input[type=password], .wizard-main .banner')
    .first()
    .waitFor()
}

async function atStep(reader: Reader, step: string): Promise<void> {
  await reader.page.getByRole('heading', { name: reader.say(`import.question.${step}`) }).waitFor()
}

async function next(reader: Reader, step: string): Promise<void> {
  await reader.press('common.continue')
  await atStep(reader, step)
}

let imports = 0

/** Each continues from where the previous one ended. */
function wizard({
  pending,
  imported,
  material,
  pair,
  emptied,
  privateKeyPem,
}: Seeds): readonly Surface[] {
  return [
    {
      name: 'import: material made here',
      go: async (reader) => {
        await reader.open(`/keys/${pending}/import`)
        await reader.choose('made-here')
        await reader.press('import.make', { count: 32 })
        await reader.press('import.show')
        await reader.page.locator('pre.code').waitFor()
      },
    },
    {
      name: 'import: wrapped elsewhere',
      go: async (reader) => {
        await reader.choose('elsewhere')
        await reader.page.locator('pre.code').waitFor()
      },
    },
    {
      name: 'import: material from shares',
      go: async (reader) => {
        await reader.choose('file')
        await reader.choose('shares')
      },
    },
    {
      name: 'import: material pasted, refused',
      go: async (reader) => {
        await reader.choose('paste')
        await reader.page.locator('#pasted-material').fill('00'.repeat(31))
        await reader.press('import.read.readIt')
        await reader.says('import.unchanged.pending')
      },
    },
    {
      name: 'import: material refused',
      go: async (reader) => {
        await reader.choose('choose')
        await withFile(reader, randomBytes(31))
        await reader.says('import.unchanged.pending')
      },
    },
    {
      name: 'import: a line break too much',
      go: async (reader) => {
        await withFile(reader, Buffer.concat([randomBytes(31), Buffer.of(0xff, 0x0a)]))
        await reader.says('import.read.leaveOut')
      },
    },
    {
      name: 'import: checks failed',
      go: async (reader) => {
        await withFile(reader, Buffer.alloc(32, 7))
        await next(reader, 'checks')
        await reader.says('message.everyByteSame')
      },
    },
    {
      name: 'import: checks',
      go: async (reader) => {
        await reader.press('common.back')
        await atStep(reader, 'material')
        await reader.choose('file')
        await withFile(reader, randomBytes(32))
        await next(reader, 'checks')
      },
    },
    { name: 'import: backup to a file', go: (reader) => next(reader, 'backup') },
    {
      name: 'import: backup to a file, not proved',
      go: async (reader) => {
        await reader.press('import.backup.save')
        await reader.page.locator('.prove input[type=file]').setInputFiles(aFile(Buffer.from('x')))
        await reader.field('words.passphrase').fill('x')
        await reader.press('import.backup.open')
        await reader.page.locator('.prove .banner').waitFor()
      },
    },
    {
      name: 'import: backup to shares',
      go: async (reader) => {
        await reader.choose('shares')
        await reader.press('import.share.make')
        await reader.press('import.show')
        await reader.page.locator('.share-words').waitFor()
      },
    },
    {
      name: 'import: backup elsewhere, no place named',
      go: async (reader) => {
        await reader.choose('place')
        await reader.press('common.continue')
        await reader.says('import.backup.placeMissing')
      },
    },
    {
      name: 'import: expiry at a date',
      go: async (reader) => {
        await reader.field('import.backup.placeLabel').fill('vault 7')
        await next(reader, 'expiry')
        await reader.choose('date')
        await reader.page.locator('input[type=datetime-local]').fill('2020-01-01T00:00')
        await reader.says('message.timePassed')
      },
    },
    {
      name: 'import: review',
      go: async (reader) => {
        await reader.choose('365')
        await next(reader, 'review')
      },
    },
    {
      name: 'import: leaving',
      go: async (reader) => {
        await reader.press('import.leave')
        await reader.page.locator('dialog[open]').waitFor()
      },
    },
    { name: 'unfinished imports', go: at('/imports') },
    { name: 'import: kind', go: at('/keys/import') },
    {
      name: 'import: result',
      go: async (reader) => {
        await reader.field('words.alias').fill(`done-${++imports}`)
        await reader.page.locator('input[type=checkbox]').check()
        await reader.press('import.kind.create')
        await atStep(reader, 'material')
        await reader.choose('file')
        await withFile(reader, randomBytes(32))
        await next(reader, 'checks')
        await next(reader, 'backup')
        await reader.choose('place')
        await reader.field('import.backup.placeLabel').fill('vault 7')
        await next(reader, 'expiry')
        await next(reader, 'review')
        await reader.press('actions.importMaterial')
        await reader.says('message.copiesOverwritten')
      },
    },
    {
      name: 'import: a locked private key',
      go: async (reader) => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        const locked = privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'x',
        }) as string
        await reader.open(`/keys/${pair}/import`)
        await reader.choose('file')
        await withFile(reader, locked)
        await reader.field('words.passphrase').fill('not this one')
        await reader.press('import.read.open')
        await reader.says('import.unread.passphrase-wrong')
      },
    },
    {
      name: 're-import: other material',
      go: async (reader) => {
        await reader.open(`/keys/${emptied}/import`)
        await reader.choose('file')
        await withFile(reader, randomBytes(32))
        await next(reader, 'checks')
        await reader.says('import.unchanged.pending')
      },
    },
    {
      name: 're-import: what the key was',
      go: async (reader) => {
        await reader.press('common.back')
        await atStep(reader, 'material')
        await reader.press('common.back')
        await atStep(reader, 'kind')
      },
    },
    {
      name: 'drill: checks of a pair',
      go: async (reader) => {
        await reader.open(`/keys/${pair}/drill`)
        await reader.choose('file')
        await withFile(reader, privateKeyPem)
        await next(reader, 'checks')
      },
    },
    { name: 'drill: material', go: at(`/keys/${imported}/drill`) },
    {
      name: 'drill: result',
      go: async (reader) => {
        await reader.choose('file')
        await withFile(reader, material)
        await next(reader, 'checks')
        await reader.press('import.drillNow')
        await reader.says('message.backupMatches')
      },
    },
  ]
}

function dialogs({ made, disabled, imported, pair, ending }: Seeds): readonly Surface[] {
  const dialogOn = (path: string, key: string) => async (reader: Reader) => {
    await reader.open(path)
    await reader.press(key)
    await reader.page.locator('dialog[open]').waitFor()
  }
  const named =
    (path: string, key: string, values: Parameters<Say>[1]) => async (reader: Reader) => {
      await reader.open(path)
      await reader.press(key, values)
      await reader.page.locator('dialog[open]').waitFor()
    }
  const fromMenu = (path: string, item: string) => async (reader: Reader) => {
    await reader.open(path)
    await reader.press('key.more')
    await reader.page.getByRole('menuitem', { name: reader.say(item), exact: true }).click()
    await reader.page.locator('dialog[open]').waitFor()
  }
  return [
    {
      name: 'dialog: delete material',
      go: dialogOn(`/keys/${imported}/danger`, 'actions.deleteMaterial'),
    },
    {
      name: 'dialog: schedule deletion',
      go: dialogOn(`/keys/${made}/danger`, 'actions.scheduleDeletion'),
    },
    {
      name: 'dialog: schedule deletion of a pair, wrong days',
      go: async (reader) => {
        await dialogOn(`/keys/${pair}/danger`, 'actions.scheduleDeletion')(reader)
        await reader.page.locator('dialog input[inputmode=numeric]').fill('6')
      },
    },
    {
      name: 'dialog: cancel deletion',
      go: dialogOn(`/keys/${ending}/danger`, 'actions.cancelDeletion'),
    },
    { name: 'dialog: disable', go: dialogOn(`/keys/${made}`, 'actions.disable') },
    { name: 'dialog: enable', go: dialogOn(`/keys/${disabled}`, 'actions.enable') },
    { name: 'dialog: rotate now', go: dialogOn(`/keys/${made}/rotation`, 'actions.rotateNow') },
    {
      name: 'dialog: add a tag, refused',
      go: async (reader) => {
        await dialogOn(`/keys/${made}/tags`, 'tags.add')(reader)
        await reader.field('words.tagKey').fill('team')
        await reader.press('common.save')
        await reader.says('tags.exists')
      },
    },
    {
      name: 'dialog: add an alias, refused',
      go: async (reader) => {
        await dialogOn(`/keys/${made}/aliases`, 'aliases.add')(reader)
        await reader.field('words.alias').fill('alias/orders')
        await reader.press('common.save')
        await reader.says('aliases.exists')
      },
    },
    {
      name: 'dialog: move an alias',
      go: async (reader) => {
        await named(`/keys/${made}/aliases`, 'aliases.moveOf', { alias: 'alias/orders' })(reader)
        await reader.page.getByRole('radio').first().check()
      },
    },
    {
      name: 'dialog: remove an alias',
      go: named(`/keys/${made}/aliases`, 'aliases.removeOf', { alias: 'alias/orders' }),
    },
    {
      name: 'dialog: create a grant, refused',
      go: async (reader) => {
        await dialogOn(`/keys/${made}/grants`, 'grants.create')(reader)
        await reader.field('words.grantee').selectOption('other')
        await reader.field('grants.idOf', { label: reader.say('words.grantee') }).fill('somebody')
        await reader.field('grants.operation.create-grant').check()
        await reader.press('grants.create')
        await reader.says('errors.grant-operations-missing')
      },
    },
    {
      name: 'dialog: create a grant for a domain',
      go: async (reader) => {
        await dialogOn(`/keys/${made}/grants`, 'grants.create')(reader)
        await reader.choose('domain')
      },
    },
    {
      name: 'dialog: revoke a grant',
      go: named(`/keys/${made}/grants`, 'grants.revokeOf', { name: 'shop' }),
    },
    {
      name: 'dialog: remove a tag',
      go: named(`/keys/${made}/tags`, 'tags.removeOf', { tag: 'team' }),
    },
    { name: 'dialog: edit', go: fromMenu(`/keys/${made}`, 'actions.edit') },
    { name: 'dialog: successor', go: fromMenu(`/keys/${imported}`, 'actions.successor') },
    {
      name: 'dialog: bulk disable',
      go: async (reader) => {
        await reader.open('/keys')
        for (const name of ['orders-db', 'payroll-hsm'])
          await reader.page
            .getByRole('checkbox', { name: reader.say('keys.selectKey', { name }), exact: true })
            .check()
        await reader.page
          .locator('.bulk')
          .getByRole('button', { name: reader.say('actions.disable'), exact: true })
          .click()
        await reader.page.locator('dialog[open]').waitFor()
      },
    },
    {
      name: 'keys selected',
      only: 'wide',
      go: async (reader) => {
        await reader.open('/keys')
        await reader.page.getByRole('checkbox').first().check()
        await reader.page.locator('.bulk').waitFor()
      },
    },
    { name: 'dialog: new access key', go: dialogOn('/people', 'people.createKey') },
    {
      name: 'dialog: secret of a new access key',
      go: async (reader) => {
        await reader.open('/people')
        await reader.press('people.createKey')
        await reader.field('signIn.currentPassword').fill(password)
        await reader.press('people.createKey')
        await reader.says('people.secretLead')
      },
    },
    {
      name: 'dialog: delete access key',
      go: async (reader) => {
        await reader.open('/people')
        await reader.page
          .getByRole('button', { name: reader.say('people.deleteKey') })
          .first()
          .click()
        await reader.page.locator('dialog[open]').waitFor()
      },
    },
    {
      name: 'dialog: password',
      go: async (reader) => {
        await reader.open('/')
        await reader.page.locator('button.account').click()
        await reader.page
          .getByRole('menuitem', { name: reader.say('shell.changePassword'), exact: true })
          .click()
        await reader.page.locator('dialog[open]').waitFor()
      },
    },
    { name: 'dialog: notices', go: dialogOn('/', 'shell.notices') },
    {
      name: 'dialog: shortcuts',
      go: async (reader) => {
        await reader.open('/')
        await reader.page.keyboard.press('?')
        await reader.page.locator('dialog[open]').waitFor()
      },
    },
    {
      name: 'menu of the account',
      go: async (reader) => {
        await reader.open('/')
        await reader.page.locator('button.account').click()
        await reader.page.locator('.menu').waitFor()
      },
    },
    {
      name: 'navigation of a narrow screen',
      only: 'narrow',
      go: async (reader) => {
        await reader.open('/')
        await reader.press('shell.openMenu')
        await reader.page.locator('dialog[open]').waitFor()
      },
    },
    {
      name: 'menu of a row',
      only: 'wide',
      go: async (reader) => {
        await reader.open('/keys')
        await reader.button('keys.actionsFor', { name: 'orders-db' }).first().click()
        await reader.page.locator('.menu').waitFor()
      },
    },
  ]
}
