/**
 * The declared kind of each command, compared with its right and with the commands of the engine.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { adminRoutes } from '../../src/dialects/admin/routes.ts'
import { declinedCommands } from '../../src/dialects/huawei/declined.ts'
import { huaweiRoutes } from '../../src/dialects/huawei/routes.ts'
import type { Right } from '../../src/domain/access/roles.ts'
import { commandNames, kindOf } from '../../src/domain/commands.ts'

const called = [...adminRoutes, ...huaweiRoutes].map(([, , { command }]) => command)
const reading: readonly Right[] = ['read', 'audit', 'people']
/** Reads of one's own data, which need only the right to be oneself. */
const own = ['describe-session', 'list-own-access-keys']

test('a command is a read exactly if its right is to read', () => {
  for (const { name, right } of called) {
    const isRead = reading.includes(right) || own.includes(name)
    const kind = kindOf(name)
    if (kind === 'declined' || kind === 'other') continue
    assert.equal(kind === 'read', isRead, name)
  }
})

test('a command that uses keys needs the right to use them', () => {
  for (const { name, right } of called) if (kindOf(name) === 'use') assert.equal(right, 'use', name)
})

test('exactly the commands that are never carried out are declined', () => {
  const declined = commandNames.filter((name) => kindOf(name) === 'declined')
  assert.deepEqual(declined.toSorted(), Object.keys(declinedCommands).toSorted())
})

test('every declared command exists', () => {
  const source = globSync(['src/engine/**/*.ts', 'src/dialects/**/*.ts'])
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  for (const name of commandNames) assert.match(source, new RegExp(`'${name}'`), name)
})

test('a name that is not a command has no kind', () => {
  for (const name of ['unknown', 'several', 'constructor', '__proto__', ''])
    assert.equal(kindOf(name), undefined)
})
