/**
 * Drives the fields of the wizard from inside the page, so that hundreds of files take seconds:
 * gives a file or a text to a field, waits until the page has processed it, and goes on as far as
 * the page lets it.
 */
import type { BrowserContext, Page } from 'playwright-core'

/** Counts what the page waits for: answers of its worker, of the server, and contents of files. */
const countsWork = `(() => {
  const pending = new Set()
  const during = (owner, name) => {
    const own = owner[name]
    owner[name] = function (...args) {
      const one = {}
      pending.add(one)
      return own.apply(this, args).finally(() => pending.delete(one))
    }
  }
  during(globalThis, 'fetch')
  during(Blob.prototype, 'arrayBuffer')
  const OwnWorker = Worker
  globalThis.Worker = class extends OwnWorker {
    #asked = []
    constructor(...args) {
      super(...args)
      this.addEventListener('message', () => pending.delete(this.#asked.shift()))
    }
    postMessage(...args) {
      const one = {}
      this.#asked.push(one)
      pending.add(one)
      super.postMessage(...args)
    }
    terminate() {
      for (const one of this.#asked.splice(0)) pending.delete(one)
      super.terminate()
    }
  }
  // A timer would wait for milliseconds.
  const { port1, port2 } = new MessageChannel()
  const turn = () =>
    new Promise((resolve) => {
      port2.onmessage = resolve
      port1.postMessage(0)
    })
  // New content is rendered some turns later.
  const settled = async () => {
    const startedAt = performance.now()
    for (let still = 0; still < 6; still = pending.size > 0 ? 0 : still + 1) {
      // A request that the server is slow to answer was sent all the same.
      if (performance.now() - startedAt > 5000) pending.clear()
      await turn()
    }
  }
  const setValue = (field, value) => {
    const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')
    set.call(field, value)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const press = async (target) => {
    target.click()
    await settled()
  }
  // A page that is loading, or an answer of the server, may take its time.
  const pause = () => new Promise((resolve) => setTimeout(resolve, 10))
  const arrived = async (at) => {
    for (let tries = 0; tries < 500 && document.querySelector(at) === null; tries++) await pause()
    return document.querySelector(at)
  }
  const give = async (step) => {
    const field = await arrived(step.at)
    if (field === null) return false
    if (step.file !== undefined) {
      const files = new DataTransfer()
      files.items.add(new File([Uint8Array.fromBase64(step.file)], 'material.bin'))
      field.files = files.files
      field.dispatchEvent(new Event('change', { bubbles: true }))
      await settled()
    } else if (step.text !== undefined) {
      setValue(field, step.text)
      field.form.requestSubmit()
      await settled()
    } else if (!field.checked) {
      for (let tries = 0; tries < 500 && field.ariaDisabled === 'true'; tries++) await pause()
      await press(field)
    }
    return true
  }
  const giveAll = async (steps) => {
    for (const step of steps) if (!await give(step)) return step.at
  }
  // A step that needs an answer gets one that lets the person go on.
  const answer = async () => {
    const place = document.querySelector('input[name=backup][value=place]')
    if (place === null) return
    if (!place.checked) await press(place)
    const field = document.querySelector('.wizard-main input[maxlength]')
    if (field !== null && field.value === '') setValue(field, 'the safe')
  }
  const step = () => document.querySelector('.wizard .question')?.textContent ?? 'the result'
  const isOffered = (button) => /^(As |Leave it out)/.test(button.textContent)
  const goOn = async (proves) => {
    for (let tries = 0; tries < 8; tries++) {
      const offered = [...document.querySelectorAll('.wizard-main button')].find(isOffered)
      if (offered !== undefined) await press(offered)
      if (!proves) await answer()
      const next = document.querySelector('.action-bar .primary')
      if (next === null) break
      const before = step() + document.querySelectorAll('.progress li').length
      await press(next)
      if (step() + document.querySelectorAll('.progress li').length === before) break
    }
    return step()
  }
  globalThis.drive = {
    arrived,
    step,
    give,
    giveAll,
    goOn,
    // A navigation of the router: nothing is loaded again.
    async show(path) {
      for (const one of ['/console/nowhere', path]) {
        history.pushState({ place: history.length }, '', one)
        await settled()
      }
    },
  }
})()`

export async function countWork(context: BrowserContext): Promise<void> {
  await context.addInitScript(countsWork)
}

/**
 * An action on one element: it is pressed, or is given a file or a text, which is submitted as
 * well.
 */
export type Step = { readonly at: string; readonly file?: string; readonly text?: string }

/** A field of the page, and how a person comes to it. */
export type Field = {
  readonly name: string
  /** Below /console. */
  readonly path: string
  readonly steps: readonly Step[]
  readonly takes: 'file' | 'text'
  readonly at: string
  /** What makes the page read the field, where filling it is not enough. */
  readonly sendOff?: Step
  /** Spec of the key whose material is asked for there. */
  readonly material?: string
  /** A backup is proved there: the page does not continue without it. */
  readonly proves?: boolean
}

/** What a person puts into a field. */
export type Given = { readonly what: string; readonly bytes: Uint8Array }

/** @returns the step of the wizard that was reached with each of the files. */
export async function putAll(
  page: Page,
  field: Field,
  files: readonly Uint8Array[],
): Promise<readonly string[]> {
  const given = files.map((bytes): Step => {
    if (field.takes === 'file') return { at: field.at, file: bytes.toBase64() }
    return { at: field.at, text: Buffer.from(bytes).toString('utf8') }
  })
  const { path, steps, at, sendOff, proves = false } = field
  const found = await page.evaluate<readonly string[] | string>(`(async () => {
    const open = async () => {
      await drive.show(${JSON.stringify(`/console${path}`)})
      const missing = await drive.giveAll(${JSON.stringify([...steps])})
      return missing ?? (await drive.arrived(${JSON.stringify(at)}) === null ? ${JSON.stringify(at)} : undefined)
    }
    const isThere = () => document.querySelector(${JSON.stringify(at)}) !== null
    const reached = []
    let missing = await open()
    const start = drive.step()
    for (const step of ${JSON.stringify(given)}) {
      if (missing === undefined && !(drive.step() === start && isThere())) missing = await open()
      if (missing !== undefined) return missing + ' is not there: ' + document.querySelector('main')?.textContent
      await drive.give(step)
      ${sendOff === undefined ? '' : `await drive.give(${JSON.stringify(sendOff)})`}
      reached.push(await drive.goOn(${proves}))
    }
    return reached
  })()`)
  if (typeof found === 'string') throw new Error(`${field.name}: ${found}`)
  return found
}
