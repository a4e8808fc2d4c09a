/**
 * Programs that a machine may lack are looked up through test/tools.ts, so that a test without them
 * is skipped and never fails.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findTool, missing, toolNames } from '../tools.ts'

/** Part of every system on which the tests run: in Debian's essential packages. */
const basic: ReadonlySet<string> = new Set(['bash', 'id', 'mkfifo', 'mount', 'umount', 'setpriv'])
/**
 * A program named by a literal: as a command that is run (documents.ts has a `run` of its own), or
 * as the first word of one.
 */
const commands =
  /\b(?:spawn|spawnSync|execFile|execFileSync)\(\s*(?:'([^'/]+)'|`([^`/$]+)`)|\bunder: \['([^']+)'/g

const files = globSync('{test,screenshots}/**/*.ts').filter(
  (file) => !file.startsWith('test/house/'),
)

test('every program that a test runs is part of a basic system, or looked up as a tool', () => {
  const found: string[] = []
  for (const file of files) {
    const source = readFileSync(file, 'utf8')
    const calls = /\brun\b.*from '\.\/documents\.ts'/.test(source)
      ? [...source.matchAll(/\brun\('([^'/]+)'/g)]
      : []
    for (const [, quoted, template, under] of [...source.matchAll(commands), ...calls]) {
      const command = (quoted ?? template ?? under ?? '').split(' ')[0] ?? ''
      const asked = new RegExp(`missing\\([^)]*'${command}'|tool\\('${command}'\\)`).test(source)
      if (!basic.has(command) && !asked) found.push(`${file}: ${command}`)
    }
  }
  assert.deepEqual(found, [])
})

test('a test without its tool is skipped by name: it does not return early and count as passed', () => {
  const early = /\bif \((?:missing\(|without[A-Z]).*\) return(?! t\.skip\(| void leftOut| Buffer)/
  assert.deepEqual(
    files.filter((file) => early.test(readFileSync(file, 'utf8'))),
    [],
  )
})

test('no test searches folders for a program itself', () => {
  const looking = files.filter(
    (file) =>
      file !== 'test/tools.ts' &&
      /'\/usr\/(?:local\/)?(?:bin|lib)/.test(readFileSync(file, 'utf8')),
  )
  assert.deepEqual(looking, [])
})

test('every tool is there or has a reason why tests that need it are skipped', () => {
  for (const name of toolNames) {
    const reason = missing(name)
    assert.equal(reason === false, findTool(name) !== undefined, name)
    if (reason !== false) assert.match(reason, /^not installed: \S/)
  }
})
