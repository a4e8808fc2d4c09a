/**
 * The request log of the page after every wrong file in every field: no request holds a run of the
 * material, in any encoding.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { sealBackup } from '../../../src/custody/backup-file.ts'
import { keyFormFiles } from '../../custody/key-form-files.ts'
import { ec, materials, pairFiles, secret, symmetricFiles } from '../../custody/material-files.ts'
import { bareMaterials, wrappedFiles } from '../../custody/wrapped-files.ts'
import { missing } from '../../tools.ts'
import { ConsoleStage, withoutChromium } from '../browser.ts'
import { MaterialSearch, toBase32 } from './material-search.ts'
import { countWork, type Field, type Given, putAll, type Step } from './page-fields.ts'

const specs: readonly string[] = ['AES_256', 'EC_P256', 'RSA_2048']
type Content = Uint8Array | string
type Row = readonly [
  what: string,
  spec: string,
  file: Content | (() => Content),
  verdict: string,
  ...more: unknown[],
]
const contentOf = ([, , file]: Row): Content => (typeof file === 'function' ? file() : file)
const given = (row: Row): Given => ({
  what: `${row[1]}: ${row[0]}`,
  bytes: Buffer.from(contentOf(row) as Uint8Array),
})
const isWrapped = ([, , , verdict]: Row): boolean =>
  verdict === 'secret' || verdict === 'privateKey'
const materialRows = [...symmetricFiles, ...pairFiles, ...keyFormFiles].filter(([, spec]) =>
  specs.includes(spec),
)
const wrappedRows = wrappedFiles.filter(([, spec]) => specs.includes(spec))
const files = [...materialRows, ...wrappedRows.filter((row) => !isWrapped(row))].map(given)
/**
 * Where material is asked for, the right files are not among the wrong ones: one of them goes all
 * the way, and import.test.ts has the rest.
 */
function materialFiles(own: string): readonly Given[] {
  const isRight = ([, spec, , verdict]: Row): boolean => spec === own && verdict === 'read'
  const [right] = materialRows.filter(isRight)
  return [
    ...materialRows.filter((row) => !isRight(row)),
    ...(right === undefined ? [] : [right]),
  ].map(given)
}
const isText = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes).toString('utf8').includes('\ufffd') === false
const textsOf = (all: readonly Given[]): readonly Given[] =>
  all.filter(({ bytes }) => bytes.length > 0 && isText(bytes))
/** What is not text is a secret as it is. */
const isBare = ([, , , verdict]: Row): boolean =>
  !['secret', 'privateKey', 'size', 'size-pair'].includes(verdict)
const binaries = [...materialRows, ...wrappedRows.filter(isBare)]
  .map(given)
  .filter(({ bytes }) => !isText(bytes))
/** The bytes of a file that writes them in base64, between lines of PEM or without. */
function plainOf(row: Row): Uint8Array {
  const content = contentOf(row)
  return typeof content === 'string'
    ? Buffer.from(content.replaceAll(/-----.*?-----|\s/g, ''), 'base64')
    : content
}
const secrets = [
  ...materials,
  ...bareMaterials,
  ...binaries.map(({ bytes }) => bytes),
  ...keyFormFiles.map(plainOf),
]
/** What a wrapping key begins with: RFC 8017, A.1. */
const head = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .publicKey.export({ format: 'der', type: 'spki' })
  .subarray(0, 33)
/** The last of it, in front of the modulus: private keys hold that as well. */
const headEnd = head.subarray(-7)
const modulusHead = head.subarray(-5)
/** Where the modulus of an RSA key begins in a material. */
function moduliIn(material: Uint8Array): readonly number[] {
  const bytes = Buffer.from(material)
  const found: number[] = []
  for (let at = bytes.indexOf(modulusHead); at >= 0; at = bytes.indexOf(modulusHead, at + 1))
    found.push(at + modulusHead.length)
  return found
}
/**
 * The end of the head with the beginning of the modulus behind it, in which a new wrapping key may
 * be the same by chance. The first run of the modulus alone is not among these.
 */
const headsWithMore = secrets.flatMap((material) =>
  moduliIn(material).map((at) =>
    material.subarray(Math.max(0, at - headEnd.length), at + headEnd.length),
  ),
)
/**
 * The base64 form of the head is in the wrapping key that the page keeps, and in the PEM of a
 * private key too.
 */
const search = new MaterialSearch(secrets, [
  head,
  Buffer.from(head.toString('base64')),
  ...headsWithMore,
])

/**
 * An address, a header or a body; undefined is a body that the browser does not expose, such as
 * that of a file.
 */
type Sent = { readonly request: string; readonly bytes: Buffer | undefined }

/** Everything that a browser sent. */
class RequestLog {
  readonly #requests: Request[] = []
  #sockets = 0

  constructor(context: BrowserContext) {
    context.on('request', (request) => this.#requests.push(request))
    context.on('page', (page) => page.on('websocket', () => this.#sockets++))
  }

  /** What was sent since the last time. */
  async take(): Promise<readonly Sent[]> {
    assert.equal(this.#sockets, 0)
    const sent: Sent[] = []
    for (const request of this.#requests.splice(0)) {
      const [name, body, headers] = [
        `${request.method()} ${request.url()}`,
        request.postDataBuffer(),
        await request.allHeaders(),
      ]
      for (const text of [
        request.url(),
        ...Object.entries(headers).map((header) => header.join(': ')),
      ])
        sent.push({ request: name, bytes: Buffer.from(text, 'latin1') })
      const isSeen = body !== null || Number(headers['content-length'] ?? 0) === 0
      if (!isSeen) sent.push({ request: name, bytes: undefined })
      if (body !== null) sent.push({ request: name, bytes: body })
    }
    return sent
  }
}

/** @returns the first request that holds material, and how it is encoded there. */
function found(sent: readonly Sent[]): string | undefined {
  const seen = new Set<string>()
  for (const { request, bytes } of sent) {
    if (bytes === undefined) return `${request}: a body that cannot be read`
    const text = bytes.toString('latin1')
    if (seen.has(text)) continue
    seen.add(text)
    const how = search.find(bytes)
    if (how !== undefined) return `${request}: ${how}`
  }
  return undefined
}

const chosen: Step = { at: '.drop-zone input[type=file]' }
const way = (name: string): Step => ({ at: `input[name=way][value=${name}]` })
const source = (name: string): Step => ({ at: `input[name=source][value=${name}]` })
const primary: Step = { at: '.wizard-main .stack > p > button.primary' }
const goOn: Step = { at: '.action-bar .primary' }
const passphrase = '.wizard-main input[type=password]'

describe('the search for material', { skip: missing('openssl') }, () => {
  test('a wrapping key is not found, however its modulus begins', () => {
    const moduli = secrets.flatMap((material) =>
      moduliIn(material).map((at) => material.subarray(at, at + 3)),
    )
    assert.ok(moduli.length > 2)
    const everyFirst = Array.from({ length: 128 }, (_, i) => Uint8Array.of(0x80 + i))
    for (const modulus of [...everyFirst, ...moduli]) {
      const key = Buffer.concat([head, modulus, Buffer.alloc(256)])
      assert.equal(search.find(key), undefined, modulus.toHex())
      const kept = Buffer.from(JSON.stringify({ wrapping_key: key.toString('base64') }))
      assert.equal(search.find(kept), undefined, modulus.toHex())
    }
  })

  test('eight bytes of a modulus are found', () => {
    for (const material of secrets)
      for (const at of moduliIn(material))
        assert.notEqual(search.find(material.subarray(at, at + 8)), undefined)
  })
})

describe('what the page sends after a wrong file', {
  skip: withoutChromium || missing('openssl'),
}, () => {
  let stage: ConsoleStage
  let page: Page
  let log: RequestLog
  let fields: readonly Field[]
  before(async () => {
    stage = await ConsoleStage.start()
    const visitor = await stage.visitor()
    page = visitor.page
    log = new RequestLog(visitor.context)
    await countWork(visitor.context)
    await stage.enter(page)
    fields = await fieldsOf(stage)
  })
  after(() => stage[Symbol.asyncDispose]())

  test('the search works: material that is sent is found, in every encoding', async () => {
    const part = secret.subarray(7, 19)
    const hex = part.toString('hex')
    const base64 = part.toString('base64')
    const writings: readonly (readonly [what: string, send: string])[] = [
      ['bytes', body(`Uint8Array.fromHex('${hex}')`)],
      ['bytes in a Blob', body(`new Blob([Uint8Array.fromHex('${hex}')])`)],
      ['bytes as characters', body(`String.fromCharCode(...Uint8Array.fromHex('${hex}'))`)],
      [
        'bytes as characters in JSON',
        body(`JSON.stringify({ x: String.fromCharCode(...Uint8Array.fromHex('${hex}')) })`),
      ],
      ['hexadecimal', body(`'${hex}'`)],
      [
        'hexadecimal in capitals, with colons',
        body(`'${hex.toUpperCase().replace(/..(?=.)/g, '$&:')}'`),
      ],
      ['hexadecimal after an odd digit', body(`'a${hex}'`)],
      ['base64', body(`JSON.stringify({ x: '${base64}' })`)],
      [
        'base64 with a break in JSON',
        body(`JSON.stringify({ x: '${base64.replace(/.{7}/, '$&\\r\\n')}' })`),
      ],
      ['base64 of what begins before it', body(`btoa('1' + atob('${base64}'))`)],
      ['base64 of what begins two before it', body(`btoa('12' + atob('${base64}'))`)],
      ['base64url', query(part.toString('base64url'))],
      ['base32', body(`'${toBase32(part)}'`)],
      ['base32, in small letters', query(toBase32(part).toLowerCase())],
      [
        'percent',
        query([...part].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
      ],
      [
        'base64, percent-encoded',
        query(encodeURIComponent(Buffer.concat([part, Buffer.of(0xfb, 0xff)]).toString('base64'))),
      ],
      [
        'a list of escapes',
        body(
          `'"${[...part].map((byte) => `\\\\u00${byte.toString(16).padStart(2, '0')}`).join('')}"'`,
        ),
      ],
      [
        'hexadecimal in UTF-16',
        body(
          `new Uint8Array(new Uint16Array([...'${hex}'].map((sign) => sign.charCodeAt(0))).buffer)`,
        ),
      ],
      ['hexadecimal in base64', body(`btoa('${hex}')`)],
      [
        'base64 in JSON in base64 in an address',
        query(Buffer.from(JSON.stringify({ x: base64 })).toString('base64url')),
      ],
      ['a path', `fetch('/admin/v1/keys/${part.toString('base64url')}')`],
      ['a header', `fetch('/admin/v1/keys', { headers: { 'X-Any': '${base64}' } })`],
      ['a beacon', `navigator.sendBeacon('/admin/v1/keys', '${hex}')`],
      ['a picture', `(new Image().src = '/console/holdfast.svg?${hex}')`],
      ['a worker', `fetch('/console/x?${hex}', { keepalive: true })`],
    ]
    await log.take()
    for (const [what, send] of writings) {
      const isSent = page.waitForEvent('request')
      await page.evaluate(`(async () => { await ${send} })()`)
      await isSent
      assert.notEqual(found(await log.take()), undefined, what)
    }
    for (const row of wrappedRows.filter(isWrapped))
      assert.equal(search.find(given(row).bytes), undefined, row[0])
    assert.equal(
      search.find(
        Buffer.from(JSON.stringify({ key_id: crypto.randomUUID(), wrapped_material: 'x' })),
      ),
      undefined,
    )
  })

  test('no file leaves through any field', async (t) => {
    await log.take()
    let pairs = 0
    let requests = 0
    for (const field of fields) {
      const all = field.material === undefined ? files : materialFiles(field.material)
      const put = field.takes === 'file' ? all : textsOf(all)
      const startedAt = performance.now()
      const reached = await putAll(
        page,
        field,
        put.map(({ bytes }) => bytes),
      )
      const sent = await log.take()
      pairs += put.length
      requests += sent.length
      t.diagnostic(
        `${field.name}: ${put.length} files, ${Math.round(performance.now() - startedAt)} ms, ${sent.length} sent; ${summary(reached)}`,
      )
      assert.equal(found(sent), undefined, field.name)
      if (field.name.includes('wrapped'))
        for (const [i, step] of reached.entries())
          assert.equal(
            step,
            'Where does your material come from?',
            `${field.name}: ${put[i]?.what}`,
          )
    }
    t.diagnostic(`${pairs} pairs of a file and a field, ${requests} addresses, headers and bodies`)
    assert.ok(pairs > 1000 && requests > 1000)
  })
})

function summary(reached: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const step of reached) counts.set(step, (counts.get(step) ?? 0) + 1)
  return [...counts].map(([step, count]) => `${count} × ${step}`).join(', ')
}

const body = (value: string): string =>
  `fetch('/admin/v1/keys', { method: 'POST', body: ${value} })`
const query = (value: string): string => `fetch('/admin/v1/keys?x=${value}')`

async function fieldsOf(stage: ConsoleStage): Promise<readonly Field[]> {
  const client = stage.server.client()
  const create = (key_spec: string): Promise<string> =>
    client.createKey({
      key_spec,
      origin: 'external',
      ...(key_spec === 'EC_P256' && { key_usage: 'SIGN_VERIFY' }),
    })
  const [aes, pair, heldAes, heldPair] = [
    await create('AES_256'),
    await create('EC_P256'),
    await create('AES_256'),
    await create('EC_P256'),
  ]
  assert.equal((await client.import(heldAes, secret)).status, 200)
  const pkcs8 = createPrivateKey(ec).export({ format: 'der', type: 'pkcs8' })
  assert.equal((await client.importPrivateKey(heldPair, pkcs8)).status, 200)
  client.close()
  const identity = await generateX25519Identity()
  const sealed = await sealBackup(secret, { recipients: [await identityToRecipient(identity)] })
  const locked = createPrivateKey(ec).export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'open sesame',
  })
  const ofMaterial = (
    name: string,
    path: string,
    material: string,
    before: readonly Step[] = [],
  ): readonly Field[] => {
    const common = { path, material }
    return [
      {
        ...common,
        name: `${name}: file`,
        steps: [...before, way('file'), source('choose')],
        takes: 'file',
        at: chosen.at,
      },
      {
        ...common,
        name: `${name}: text`,
        steps: [...before, way('file'), source('paste')],
        takes: 'text',
        at: '#pasted-material',
      },
    ]
  }
  const ofWrapped = (
    name: string,
    path: string,
    nth: number,
    before: readonly Step[] = [],
  ): Field => ({
    name: `${name}: wrapped, field ${nth}`,
    path,
    steps: [...before, way('elsewhere')],
    takes: 'file',
    at: `.file-label:nth-of-type(${nth}) input`,
  })
  const ofShares = (name: string, path: string): Field => ({
    name: `${name}: shares`,
    path,
    steps: [way('file'), source('shares')],
    takes: 'text',
    at: '.wizard-main textarea',
  })
  const [importAes, importPair] = [`/keys/${aes}/import`, `/keys/${pair}/import`]
  const [again, drill, drillPair] = [
    `/keys/${heldAes}/import`,
    `/keys/${heldAes}/drill`,
    `/keys/${heldPair}/drill`,
  ]
  const atBackup = [way('made-here'), primary, goOn, goOn]
  const resume: readonly Step[] = [{ at: `main a[href$="${importAes}"]` }]
  return [
    // Imports come last: a pair takes no second import.
    ofWrapped('import', importAes, 1),
    ofWrapped('unfinished import', '/imports', 1, resume),
    ofShares('import', importAes),
    ofWrapped('import of a pair', importPair, 1),
    ofWrapped('import of a pair', importPair, 2),
    ...ofMaterial('import of a pair', importPair, 'EC_P256'),
    ofWrapped('import once more', again, 1),
    ...ofMaterial('import once more', again, 'AES_256'),
    ofWrapped('drill', drill, 1),
    ofShares('drill', drill),
    ...ofMaterial('drill', drill, 'AES_256'),
    ofWrapped('drill of a pair', drillPair, 1),
    ofWrapped('drill of a pair', drillPair, 2),
    ...ofMaterial('drill of a pair', drillPair, 'EC_P256'),
    {
      name: 'passphrase of a private key',
      path: drillPair,
      steps: [
        way('file'),
        source('choose'),
        { at: chosen.at, file: Buffer.from(locked).toString('base64') },
      ],
      takes: 'text',
      at: passphrase,
    },
    {
      name: 'identity of a backup',
      path: `/keys/${heldAes}/drill`,
      steps: [way('file'), source('choose'), { at: chosen.at, file: sealed.toBase64() }],
      takes: 'text',
      at: passphrase,
    },
    {
      name: 'backup that was saved',
      path: importAes,
      steps: [
        ...atBackup,
        { at: 'input[name=backup][value=file]' },
        { at: '.field .line .button' },
      ],
      takes: 'file',
      at: '.prove input[type=file]',
      sendOff: { at: '.prove input[type=password]', text: 'any passphrase' },
      proves: true,
    },
    {
      name: 'passphrase of the backup that was saved',
      path: importAes,
      steps: [
        ...atBackup,
        { at: 'input[name=backup][value=file]' },
        { at: '.field .line .button' },
        { at: '.prove input[type=file]', file: sealed.toBase64() },
      ],
      takes: 'text',
      at: '.prove input[type=password]',
      proves: true,
    },
    {
      name: 'shares that prove the backup',
      path: importAes,
      steps: [
        ...atBackup,
        { at: 'input[name=backup][value=shares]' },
        { at: '.panel.padded p > .button.primary' },
      ],
      takes: 'text',
      at: '.prove textarea',
      proves: true,
    },
    ...ofMaterial('unfinished import', '/imports', 'AES_256', resume).slice(0, 1),
    ...ofMaterial('import that is done', importAes, 'AES_256'),
  ]
}
