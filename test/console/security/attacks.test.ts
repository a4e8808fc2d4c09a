/**
 * Texts that attack the person who views them, pages that attack from another origin, and what a
 * page can learn about the session. SECURITY A-62.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { AdminClient } from '../../e2e/admin-client.ts'
import type { HuaweiClient } from '../../e2e/client.ts'
import { ConsoleStage, password, withoutChromium } from '../browser.ts'
import { payloads } from './payloads.ts'

/**
 * Runs in every frame before anything else does: reports payloads that ran and everything that the
 * policy stopped.
 */
const watcher = `
  Object.defineProperty(window, '__xss', { set() { holdfastTestReport('a payload ran in ' + location.href) } })
  addEventListener('securitypolicyviolation', (event) =>
    holdfastTestReport('the policy stopped ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))
`
/**
 * What payloads would leave in a document that treated them as markup, and what no page of the
 * console holds.
 */
const foreignElements = `(() => {
  const own = [...document.querySelectorAll('script')].every((one) => one.src.startsWith(location.origin + '/console/assets/'))
  const odd = 'iframe,object,embed,base,img,video,audio,math,marquee,xss,style,template,animate,set,foreignObject,meta[http-equiv],' +
    'link:not([rel=modulepreload],[rel=stylesheet],[rel=icon]),form[action],[srcdoc],[ping],[background],[srcset],[popover],a[href^="j" i],a[href^="d" i]'
  const handlers = [...document.querySelectorAll('*')].filter((one) => one.getAttributeNames().some((name) => name.startsWith('on')))
  return [...document.querySelectorAll(odd), ...handlers].map((one) => one.outerHTML).concat(own ? [] : ['a foreign script'])
})()`

/**
 * Checks every frame that is drawn until `expression` holds in the page.
 * @throws AssertionError when it does not within 5 s.
 */
async function drawn(page: Page, expression: string, what: string): Promise<void> {
  const held = await page.evaluate(`(async () => {
    for (const end = performance.now() + 5000; performance.now() < end; await new Promise(requestAnimationFrame))
      if (${expression}) return true
    return false
  })()`)
  assert.ok(held, `${what}: ${expression}`)
}

const visitors = 4
const isAlias = (text: string): boolean => /^[a-zA-Z0-9:/_-]+$/.test(text)
const isFurtherAlias = (text: string): boolean => isAlias(text) && !text.includes(':')
const isTagValue = (text: string): boolean => /^[\p{L}\p{M}\p{N}\p{Zs}_.:/=+@-]*$/u.test(text)

type Key = { readonly id: string; readonly description: string; readonly place: string | null }

describe('attacks on the console', { skip: withoutChromium }, () => {
  let stage: ConsoleStage
  let client: HuaweiClient
  let attacker: Server
  let elsewhere: string
  let texts: readonly string[]
  const keys: Key[] = []
  /** Everything that reached the attacker's server. */
  const reached: string[] = []
  /** The attacker's current page. */
  let attack = ''

  before(async () => {
    attacker = createServer((request, response) => {
      if (request.url === '/attack') {
        response.setHeader('content-type', 'text/html')
        response.end(attack)
        return
      }
      // A browser asks for the icon of an attacker's page on its own.
      if (request.url !== '/favicon.ico') reached.push(`${request.method} ${request.url}`)
      response.end()
    })
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve))
    elsewhere = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}`
    texts = payloads(elsewhere)
    assert.equal(new Set(texts).size, 200)
    stage = await ConsoleStage.start()
    client = stage.server.client()
    await (await stage.person()).context.close()
  })
  after(async () => {
    client.close()
    await stage[Symbol.asyncDispose]()
    attacker.closeAllConnections()
    attacker.close()
  })

  /** What went wrong in a browser; nothing may. */
  const watch = async (context: BrowserContext): Promise<string[]> => {
    const found: string[] = []
    await context.exposeFunction('holdfastTestReport', (text: string) => found.push(text))
    await context.addInitScript(watcher)
    context.on('request', (request) => {
      if (!request.url().startsWith(`${stage.server.url}/`))
        found.push(`a request left for ${request.url()}`)
    })
    context.on('dialog', (dialog) => {
      found.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    context.on('weberror', (error) => found.push(`an error: ${error.error()}`))
    context.on('page', (page) => found.push(`a window opened: ${page.url()}`))
    return found
  }
  const watched = async (
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; found: string[]; context: BrowserContext }> => {
    const { page, context } = await stage.visitor(options)
    const found = await watch(context)
    return { page, context, found }
  }
  const holdsNothingForeign = async (page: Page, where: string): Promise<void> =>
    assert.deepEqual(await page.evaluate(foreignElements), [], where)
  /** Navigates within the page, as its own links do. */
  const go = (page: Page, path: string): Promise<unknown> =>
    page.evaluate(`history.pushState(null, '', ${JSON.stringify(stage.url(path))})`)

  test('24: of all payloads only those of letters, digits and : / _ - are accepted as aliases; the others are refused', async () => {
    const admin = new AdminClient(stage.server.url)
    await admin.signIn(stage.userName, password)
    let named = 0
    let valued = 0
    for (const [i, text] of texts.entries()) {
      assert.ok(Buffer.byteLength(text) <= 255, text)
      const isExternal = i % 5 === 0
      const fields = { key_description: text, ...(isExternal && { origin: 'external' }) }
      const created = await client.call('create-key', { ...fields, key_alias: text })
      assert.deepEqual(
        [created.status, created.body.error_code],
        isAlias(text) ? [200, undefined] : [400, 'KMS.1101'],
        `${JSON.stringify(text)} ${JSON.stringify(created.body)}`,
      )
      if (isAlias(text)) named++
      const id = isAlias(text)
        ? created.body.key_info.key_id
        : await client.createKey({ ...fields, key_alias: `attack-${i}` })
      const tagged = await client.call(`${id}/tags`, { tag: { key: 'attack', value: text } })
      assert.equal(
        tagged.status,
        isTagValue(text) ? 200 : 400,
        `${JSON.stringify(text)} as the value of a tag`,
      )
      if (isTagValue(text)) valued++
      const further = await client.call('aliases', { key_id: id, alias: `alias/${text}` })
      assert.equal(
        further.status,
        isFurtherAlias(text) ? 201 : 400,
        `${JSON.stringify(text)} as a further alias`,
      )
      const terms = { grantee_principal: 'f'.repeat(32), operations: ['describe-key'] }
      const granted = await client.call('create-grant', { key_id: id, ...terms, name: text })
      assert.equal(
        granted.status,
        isAlias(text) ? 200 : 400,
        `${JSON.stringify(text)} as the name of a grant`,
      )
      const place = isExternal ? texts.slice(i, i + 5).join(' ') : null
      if (place !== null) {
        const { revision } = await admin.ok('GET', `/keys/${id}`)
        await admin.ok('PATCH', `/keys/${id}`, { revision, backup_place: place })
        await admin.ok('PUT', `/imports/${id}`, {
          step: 'backup',
          choices: { backup: 'place', place: text },
        })
      }
      keys.push({ id, description: text, place })
    }
    assert.equal(named, 10)
    assert.ok(valued > named, `${valued} are the value of a tag`)
    admin.close()
  })

  describe('texts', { concurrency: true }, () => {
    for (const locale of ['en-GB', 'zh-CN'])
      test(`24: as alias, description and place of a backup payloads run nothing and are shown as they are (${locale})`, async () => {
        const { page, context, found } = await watched({ locale })
        await context.addInitScript(
          `localStorage.setItem('holdfast.columns', 'description,drill,tags,version')`,
        )
        await stage.enter(page, '/')
        assert.equal(
          await page.evaluate('document.documentElement.lang'),
          locale === 'zh-CN' ? 'zh-CN' : 'en',
        )
        await page.locator('.panel').first().waitFor()
        await holdsNothingForeign(page, 'overview')

        const shown = new Map<string, string>()
        for (let number = 1; number <= Math.ceil(texts.length / 50); number++) {
          await go(page, `/keys?sort=alias&page=${number}`)
          const first = `document.querySelector('.panel[aria-busy=false] table.keys tbody tr')?.ariaRowIndex`
          await drawn(page, `${first} === '${number * 50 - 48}'`, `page ${number}`)
          const rows = `[...document.querySelectorAll('table.keys tbody tr')].map((row) =>
          [row.querySelector('th a').id.slice(4), row.querySelector('.description-cell').textContent])`
          for (const [id, text] of (await page.evaluate(rows)) as [string, string][])
            shown.set(id, text)
          await holdsNothingForeign(page, `keys, page ${number}`)
        }
        for (const { id, description } of keys) assert.equal(shown.get(id), description)

        // The list shows all of them in each language; of the pages of the keys each language has
        // one half.
        for (const { id, description, place } of keys.filter(
          (_, i) => i % 2 === Number(locale === 'zh-CN'),
        )) {
          await go(page, `/keys/${id}`)
          const expected = [id, description, ...(place === null ? [] : [place])]
          await drawn(
            page,
            `${JSON.stringify(expected)}.every((one) => document.querySelector('main')?.textContent.includes(one))`,
            'the page of a key shows what its texts are',
          )
          await holdsNothingForeign(page, description)
        }
        for (const { id, description } of keys.filter(
          (_, i) => i % 40 === (locale === 'zh-CN' ? 20 : 0),
        )) {
          await go(page, `/keys/${id}`)
          await page.locator('.page-head .page-actions button[aria-haspopup=menu]').last().click()
          await page
            .getByRole('menuitem', { name: locale === 'zh-CN' ? '编辑' : 'Edit', exact: true })
            .click()
          const area = page.locator('dialog[open] textarea')
          // A text area knows one kind of line break.
          assert.equal(await area.inputValue(), description.replaceAll(/\r\n?/g, '\n'))
          await holdsNothingForeign(page, description)
          await page.locator('dialog[open] button.primary').click()
          await page.locator('dialog[open]').waitFor({ state: 'detached' })
        }
        const [{ id } = { id: '' }] = keys
        const named = keys.find(({ description }) => isFurtherAlias(description))?.id
        for (const path of [
          ...['aliases', 'tags', 'grants'].map((tab) => `/keys/${named}/${tab}`),
          `/keys/${id}/activity`,
          `/keys/${id}/danger`,
          `/keys/${id}/import`,
          '/imports',
          '/audit',
          '/people',
          '/system',
          '/try',
        ]) {
          await go(page, path)
          await page.locator('main h1').waitFor()
          await drawn(page, `document.querySelector('main [aria-busy=true]') === null`, path)
          await holdsNothingForeign(page, path)
        }
        assert.deepEqual([found, reached], [[], []])
        await context.close()
      })

    test('24: as address, search and plaintext they run nothing either', async () => {
      const { page, context, found } = await watched()
      await stage.enter(page, '/keys')
      for (const [i, text] of texts.entries()) {
        const spelt = encodeURIComponent(text)
        await go(page, `/keys?text=${spelt}`)
        const field = text.replaceAll(/[\r\n]/g, '')
        await drawn(
          page,
          `document.querySelector('main input[type=search]')?.value === ${JSON.stringify(field)}`,
          text,
        )
        const paths = [
          `/${spelt}`,
          `/keys/${spelt}`,
          `/keys/${keys[0]?.id}/${spelt}`,
          `/keys?tag=${spelt}&value=${spelt}`,
          `/audit?operation=${spelt}&from=${spelt}`,
          `/try?key=${spelt}&do=${spelt}`,
        ]
        if (i % 4 === 0) await go(page, paths[(i / 4) % paths.length] as string)
        await holdsNothingForeign(page, text)
      }
      const id = await client.createKey()
      for (let at = 0; at < texts.length; at += 50) {
        const plaintext = texts.slice(at, at + 50).join('\n')
        const ciphertext = await client.encrypt(id, plaintext)
        await go(page, `/try?key=${id}&do=decrypt`)
        await page.getByLabel('Ciphertext (base64)').fill(ciphertext)
        await page.getByRole('button', { name: 'Decrypt', exact: true }).last().click()
        const output = `document.querySelector('output[aria-label=Plaintext]')?.textContent`
        await drawn(page, `${output} === ${JSON.stringify(plaintext)}`, 'a plaintext')
        await holdsNothingForeign(page, plaintext)
      }
      assert.deepEqual([found, reached], [[], []])
      await context.close()
    })
  })

  test('24: the cookie goes to this host alone, no script reads it, nothing of it is kept elsewhere; a sign-in changes it', async () => {
    const { page, context } = await stage.visitor()
    const cookieOf = async () => {
      const cookies = await context.cookies()
      assert.equal(cookies.length, 1)
      return cookies[0] as (typeof cookies)[0]
    }
    await page.goto(stage.url('/'))
    assert.deepEqual(await context.cookies(), [], 'nobody is given one before the sign-in')
    const values = new Set<string>()
    for (let time = 0; time < 2; time++) {
      await stage.enter(page)
      const { name, value, domain, path, httpOnly, secure, sameSite } = await cookieOf()
      assert.deepEqual(
        { name, domain, path, httpOnly, secure, sameSite },
        {
          name: '__Host-holdfast',
          domain: '127.0.0.1',
          path: '/',
          httpOnly: true,
          secure: true,
          sameSite: 'Strict',
        },
      )
      values.add(value)
      const seen = await page.evaluate(
        `JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href, document.documentElement.outerHTML])`,
      )
      assert.ok(!String(seen).includes(value))
      assert.equal(await page.evaluate('document.cookie'), '')
      await page.evaluate(`document.cookie = '__Host-holdfast=mine; Path=/; Secure'`)
      assert.equal((await cookieOf()).value, value, 'nor can a script write it')
      await page.locator('.account').click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await page.locator('input[name=user_name]').waitFor()
      assert.deepEqual(await context.cookies(), [])
    }
    assert.equal(values.size, 2)
    await context.close()
  })

  /** Opens a page of the attacker's in a browser that is signed in to the console. */
  const attacked = async (
    html: string,
    path = '/',
  ): Promise<{ page: Page; console_: Page; context: BrowserContext }> => {
    const { page: console_, context } = await stage.person(path)
    const page = await context.newPage()
    attack = `<!doctype html><title>attack</title><body>${html}`
    await page.goto(`${elsewhere}/attack`)
    return { page, console_, context }
  }

  test('24: no other page can frame the console or keep a handle on its window', async () => {
    // Another port of this host is another origin on the same site: the browser sends the cookie,
    // and only the headers refuse.
    const target = stage.url('/')
    const { page, context } = await attacked(
      `<iframe src="${target}"></iframe><iframe src="${target}" sandbox="allow-scripts allow-same-origin"></iframe>
       <object data="${target}"></object><embed src="${target}"><iframe src="${stage.server.url}/console/holdfast.svg"></iframe>`,
    )
    await page.waitForLoadState('networkidle')
    const frames = page.frames().filter((frame) => frame !== page.mainFrame())
    assert.ok(frames.length >= 3, `${frames.length} frames`)
    for (const frame of frames) {
      assert.ok(!frame.url().startsWith(stage.server.url), frame.url())
      assert.equal(await frame.locator('#root').count(), 0)
    }
    const opened = context.waitForEvent('page')
    await page.evaluate(`window.held = window.open(${JSON.stringify(target)})`)
    const popup = await opened
    await popup.locator('nav.rail, .top-bar').first().waitFor()
    assert.equal(await popup.evaluate('window.opener'), null)
    assert.equal(
      await page.evaluate('window.held.closed'),
      true,
      'for the page that opened it the window is gone',
    )
    await context.close()
  })

  test('24: a page of another origin changes nothing and reads nothing, though the browser sends it the cookie', async () => {
    const id = await client.createKey({ key_description: 'untouched' })
    const signed = (path: string) => client.send(client.sign('GET', `/admin/v1${path}`))
    const state = async () => [
      (await signed(`/keys/${id}`)).body,
      (await signed('/access-keys')).body,
      (await signed('/session')).status,
    ]
    const before_ = await state()
    const { page, console_, context } = await attacked('')
    const answers: { readonly target: string; readonly status: number }[] = []
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (response.url().startsWith(stage.server.url))
        answers.push({
          target: `${response.request().method()} ${pathname}`,
          status: response.status(),
        })
    })
    const api = `${stage.server.url}/admin/v1`
    const kms = `${stage.server.url}/v1.0/${stage.projectId}/kms`
    const calls = [
      ['POST', `${api}/access-keys`, '{}'],
      ['POST', `${api}/keys/${id}/encrypt`, '{"plaintext":"eA==","algorithm":"SYMMETRIC_DEFAULT"}'],
      ['POST', `${api}/password`, '{"current_password":"x","new_password":"y"}'],
      ['POST', `${kms}/disable-key`, JSON.stringify({ key_id: id })],
      ['POST', `${kms}/schedule-key-deletion`, JSON.stringify({ key_id: id, pending_days: '7' })],
      ['PATCH', `${api}/keys/${id}`, '{"revision":1,"description":"x"}'],
      ['DELETE', `${api}/session`, undefined],
      ['GET', `${api}/session`, undefined],
      ['GET', `${api}/keys/${id}`, undefined],
    ] as const
    for (const [method, url, body] of calls)
      for (const mode of ['cors', 'no-cors']) {
        const options = JSON.stringify({
          method,
          mode,
          body,
          credentials: 'include',
          headers: { 'Content-Type': 'text/plain' },
        })
        const got = await page.evaluate(
          `fetch(${JSON.stringify(url)}, ${options}).then((answer) => answer.text().then((text) => answer.type + text), () => 'refused')`,
        )
        assert.ok(['refused', 'opaque'].includes(String(got)), `${method} ${url} ${mode}: ${got}`)
      }
    assert.ok(await page.evaluate(`navigator.sendBeacon('${api}/access-keys', '{}')`))
    for (const [i, [, url]] of calls.slice(0, 5).entries()) {
      const [named, rest] = i % 2 === 0 ? ['{"key_id":"', `${id}"}`] : ['{', '}']
      await page.setContent(
        `<form method=post enctype=text/plain action="${url}"><input name='${named}' value='${rest}'></form>`,
      )
      const answered = page.waitForResponse(url)
      await page.evaluate('document.forms[0].submit()')
      assert.equal((await answered).status(), 403, url)
      await page.waitForURL(url)
      await page.goto(`${elsewhere}/attack`)
    }
    const read = `<img src="${api}/session"><script src="${api}/session"></script><link rel=stylesheet href="${api}/session">`
    await page.setContent(read, { waitUntil: 'networkidle' })
    // What the browser let through the server refused as forged: a call without the cookie would
    // have been 401.
    assert.ok(answers.length >= 12, `${answers.length} answers`)
    for (const { target, status } of answers) assert.equal(status, 403, target)
    assert.deepEqual(await state(), before_)
    await console_.reload()
    await console_.locator('nav.rail, .top-bar').first().waitFor()
    await context.close()
  })

  // The last test: after this many guesses, sign-ins from this address have to wait.
  test('24: as user name and project at the sign-in they run nothing either', async () => {
    // A guess costs the server a tenth of a second, so markup is tried in pairs; texts that are
    // valid names are tried alone.
    const alone = texts.filter((text) => isAlias(text))
    const others = texts.filter((text) => !isAlias(text))
    const pairs = others.flatMap((text, i) => (i % 2 === 0 ? [text + (others[i + 1] ?? '')] : []))
    const names = [...alone, ...pairs]
    assert.ok(names.every((name) => name !== ''))
    const enterAll = async (from: number): Promise<void> => {
      const { page, context, found } = await watched()
      const begin = async (): Promise<void> => {
        await page.goto(stage.url('/'))
        await page.locator('form details summary').click()
      }
      await begin()
      for (let i = from; i < names.length; i += visitors) {
        const text = names[i] as string
        const filled = { user_name: text, project: names.at(-1 - i), password: text }
        const answered = page.waitForResponse('**/admin/v1/session')
        await page.evaluate(`for (const [name, value] of Object.entries(${JSON.stringify(filled)}))
          document.querySelector('input[name=' + name + ']').value = value
          document.querySelector('form').requestSubmit()`)
        const status = (await answered).status()
        assert.ok([400, 401, 429].includes(status), text)
        if (status !== 429)
          await drawn(page, `document.querySelector('input[name=password]').value === ''`, text)
        await drawn(
          page,
          `document.querySelector('form [role=alert] p')?.textContent.length > 10`,
          text,
        )
        await holdsNothingForeign(page, text)
        // A page that has to wait keeps what was typed, and sends nothing until the wait is over.
        if (status === 429) await begin()
      }
      assert.deepEqual([found, reached], [[], []])
      await context.close()
    }
    await Promise.all(Array.from({ length: visitors }, (_, from) => enterAll(from)))
  })
})
