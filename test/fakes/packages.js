// Loaded by every Node that test/run.ts starts: reads two packages from the files that
// test/packages.ts made of them. Plain JavaScript, and nothing where there are no hooks: the Node
// of a machine may be an older one.
import * as module from 'node:module'

const folder = new URL('../../node_modules/.cache/test-packages/', import.meta.url)
const entries = ['kysely', 'typebox', 'typebox/compile']
const files = new Map(
  entries.map((entry) => [entry, new URL(`${entry.replace('/', '-')}.js`, folder).href]),
)

module.registerHooks?.({
  resolve(specifier, context, next) {
    const url = files.get(specifier)
    if (url !== undefined) return { url, format: 'module', shortCircuit: true }
    // Half of a package from one place and half from another would be two packages.
    if (/^(kysely|typebox)\//.test(specifier))
      throw new Error(`${specifier} must be an entry of test/packages.ts, too`)
    return next(specifier, context)
  },
})
