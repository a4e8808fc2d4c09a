/** As the console is built, secret bytes end with their scope also in browsers without `using`. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { build } from 'vite'
import config from '../../../console/vite.config.ts'
import { isWiped } from '../../secret-copies.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-console-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const wiped = new URL('../../../src/domain/material/wiped.ts', import.meta.url).pathname
const source = `import { Wiped } from '${wiped}'
{
  using held = Wiped.of(one)
  using _list = Wiped.each([other])
  seen = held.bytes.length
}`

/** One script for the browsers that the console is built for. */
async function scriptOf(text: string): Promise<string> {
  const entry = join(folder, 'entry.ts')
  writeFileSync(entry, text)
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: config.build?.target ?? assert.fail('the console is built for any browser'),
      lib: { entry, formats: ['iife'], name: 'built' },
    },
  })
  const [first] = Array.isArray(built) ? built : []
  return first?.output[0].code ?? assert.fail('nothing was built')
}

test('bytes are wiped where neither `using` nor its symbol is known', async () => {
  const script = await scriptOf(source)
  assert.doesNotMatch(script, /\busing \w+ ?=/)
  const scope = { one: Uint8Array.of(1, 2, 3), other: Uint8Array.of(4), seen: 0 }
  // The symbols of a browser that does not know the one of `using`.
  runInNewContext(script, Object.assign(scope, { Symbol: { for: Symbol.for } }))
  assert.equal(scope.seen, 3)
  assert.ok(isWiped(scope.one) && isWiped(scope.other))
})
