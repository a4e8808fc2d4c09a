/**
 * Secret bytes end with the scope that holds them: `using` overwrites them, so that no path can
 * forget it. Where the end is an event instead, a file says so by being named here.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** The one file that overwrites bytes. */
const overwrites = ['src/domain/material/wiped.ts']

/** Files that call `wipe`, and the event that ends their bytes. */
const events: Readonly<Record<string, string>> = {
  'console/src/material/backups.ts': 'of several readings one is taken',
  'console/src/material/holder.ts': 'material is dropped or replaced',
  'src/cli/material-file.ts': 'of several readings one is chosen',
  'src/cli/typed-line.ts': 'a line is edited or entered',
  'src/custody/material/formats.ts': 'of several readings one fits',
  'src/custody/shares.ts': 'a share is there twice',
  'src/crypto/secret.ts': 'its owner wipes a Secret',
  'src/engine/engine.ts': 'a decision is dropped',
  'src/root/passphrase-keeper.ts': 'of two keys one is taken',
  'src/runtime/maker-queue.ts': 'a job is refused',
  'src/server/commands/control.ts': 'an answer was sent',
  'src/server/commands/new-project.ts': 'its caller wipes a new project',
  'src/server/workers/operations-worker.ts': 'a job is dropped',
  'src/server/workers/password-worker.ts': 'a job is dropped',
}

const files = globSync('{src,console/src,bin}/**/*.{ts,tsx,js}')
const textOf = (file: string): string => readFileSync(file, 'utf8')

test('only one file overwrites bytes with zeros', () => {
  // An array of numbers that begins with zeros is not a secret.
  const found = files.filter((file) =>
    /(?<!new Array<number>\(length\))\.fill\(0\)/.test(textOf(file)),
  )
  assert.deepEqual(found, overwrites)
})

test('bytes that do not end with a scope are in named files only', () => {
  const imports = /import \{[^}]*\bwipe\b[^}]*\} from '[^']*\/wiped\.ts'/
  const found = files.filter((file) => imports.test(textOf(file)))
  assert.deepEqual(found.toSorted(), Object.keys(events).toSorted())
})
