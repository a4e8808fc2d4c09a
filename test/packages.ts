/**
 * kysely and typebox come as hundreds of small files each, which every thread of every server would
 * read: 40 % of the CPU time of a start, and the tests start hundreds of servers. For them both are
 * read from a few files, built here from what is installed. It is the same code;
 * test/e2e/service/launch.test.ts starts the server without this, as `npm start` does.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}node_modules/.cache/test-packages`
const marker = `${folder}/.built`

/**
 * Makes the files, once for each state of what is installed.
 * @returns NODE_OPTIONS for a Node that is to read them.
 */
export async function packagesInFewFiles(): Promise<string> {
  const state = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex')
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== state) {
    const { build } = await import('vite')
    await build({
      configFile: false,
      root,
      logLevel: 'warn',
      publicDir: false,
      ssr: { noExternal: true },
      build: {
        ssr: true,
        outDir: folder,
        emptyOutDir: true,
        target: 'esnext',
        minify: false,
        rolldownOptions: {
          input: { kysely: 'kysely', typebox: 'typebox', 'typebox-compile': 'typebox/compile' },
          preserveEntrySignatures: 'strict',
          output: { entryFileNames: '[name].js' },
        },
      },
    })
    writeFileSync(marker, state)
  }
  return `--import=${new URL('fakes/packages.js', import.meta.url).href}`
}
