/** Builds the console into console/dist, once for each state of its sources: `npm start` and the tests ask each time. */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = new URL('..', import.meta.url)
const dist = new URL('dist/', import.meta.url)
const marker = new URL('.built', dist)

/** What the result depends on. */
const inputs = [
  'console/{index.html,*.ts,*.json}',
  'console/{src,public}/**/*',
  'src/{domain,owner}/**/*.ts',
  'package-lock.json',
]
const compressible = '**/*.{js,css,html,svg}'

function sourceState(): string {
  const digest = createHash('sha256')
  const files = inputs.flatMap((pattern) => globSync(pattern, { cwd: root, withFileTypes: true }))
  const paths = files.filter((file) => file.isFile()).map((file) => `${file.parentPath}/${file.name}`)
  for (const path of paths.toSorted()) digest.update(`${path}\0`).update(readFileSync(path))
  return digest.digest('hex')
}

/** The server sends what was compressed here; only what became smaller is kept. */
function compress(): void {
  for (const name of globSync(compressible, { cwd: dist })) {
    const file = new URL(name, dist)
    const bytes = readFileSync(file)
    const forms = [
      ['gz', gzipSync(bytes, { level: 9 })],
      ['br', brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })],
    ] as const
    for (const [ending, packed] of forms) {
      if (packed.length < bytes.length) writeFileSync(new URL(`${name}.${ending}`, dist), packed)
    }
  }
}

const state = sourceState()
if (!existsSync(marker) || readFileSync(marker, 'utf8') !== state) {
  process.stderr.write('holdfast: building the console (once for each state of its sources) ...\n')
  const { build } = await import('vite')
  await build({ configFile: new URL('vite.config.ts', import.meta.url).pathname, logLevel: 'warn' })
  compress()
  writeFileSync(marker, state)
}
