/**
 * Builds the console into console/dist, once for each state of its sources: `npm start` and the
 * tests ask each time.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { consoleIsBuilt, consoleState } from '../bin/console-state.js'

const dist = new URL('dist/', import.meta.url)
const marker = new URL('.built', dist)

const compressible = '**/*.{js,css,html,svg}'

/** The server sends what was compressed here; only what became smaller is kept. */
function compress(): void {
  for (const name of globSync(compressible, { cwd: dist })) {
    const file = new URL(name, dist)
    const bytes = readFileSync(file)
    const forms = [
      ['gz', gzipSync(bytes, { level: 9 })],
      [
        'br',
        brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
      ],
    ] as const
    for (const [ending, packed] of forms) {
      if (packed.length < bytes.length) writeFileSync(new URL(`${name}.${ending}`, dist), packed)
    }
  }
}

if (!consoleIsBuilt()) {
  const state = consoleState()
  process.stderr.write('holdfast: building the console (once for each state of its sources) ...\n')
  const { build } = await import('vite')
  await build({ configFile: new URL('vite.config.ts', import.meta.url).pathname, logLevel: 'warn' })
  compress()
  writeFileSync(marker, state)
}
