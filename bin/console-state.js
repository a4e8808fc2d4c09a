// What the built console depends on, as one digest: the same on every machine and in every folder.
// Runs on any Node from 20 on.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const marker = `${root}console/dist/.built`

/** Files of the project, by path from its root. */
const inputs = [
  ['console', /^(index\.html|[^/]*\.(ts|json))$/],
  ['console/src', /./],
  ['console/public', /./],
  ['src/domain', /\.ts$/],
  ['src/custody', /\.ts$/],
  ['src/dialects/huawei', /^grant-names\.ts$/],
  ['docs', /^clients\.md$/],
]

/** @returns the paths of all sources of the console, except the lockfile. */
export function consoleSources() {
  return inputs.flatMap(([folder, names]) => filesIn(folder, names, folder !== 'console'))
}

/**
 * @returns SHA-256, hex, of the paths and contents of all sources of the console and of the
 * lockfile.
 */
export function consoleState() {
  const digest = createHash('sha256')
  for (const path of [...consoleSources(), 'package-lock.json'].sort())
    digest.update(`${path}\0`).update(readFileSync(root + path))
  return digest.digest('hex')
}

/** Whether console/dist was built from the current sources. */
export function consoleIsBuilt() {
  return existsSync(marker) && readFileSync(marker, 'utf8') === consoleState()
}

function filesIn(folder, names, deep) {
  if (!existsSync(root + folder)) return []
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return deep ? filesIn(path, names, true) : []
    return entry.isFile() && names.test(entry.name) ? [path] : []
  })
}
