/**
 * Which operation a path names: literal segments, variable segments, and the rest of a path, the
 * only place in which a slash may come encoded.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyOperation } from '../../src/api/operation.ts'
import { RouteTable } from '../../src/api/route-table.ts'
import { KmsError } from '../../src/domain/errors.ts'

/** Only the route is checked here: the operations are distinguished by their names. */
const named = (name: string): AnyOperation => ({ command: { name } }) as unknown as AnyOperation

const table = new RouteTable([
  ['POST', '/kms/create', named('create')],
  ['GET', '/kms/:key/tags', named('list')],
  ['POST', '/kms/:key/tags/action', named('many')],
  ['DELETE', '/kms/:key/tags/*tag', named('remove')],
])

const found: readonly (readonly [
  method: string,
  segments: readonly string[],
  name: string,
  parameters: object,
])[] = [
  ['POST', ['kms', 'create'], 'create', {}],
  ['GET', ['kms', 'k', 'tags'], 'list', { key: 'k' }],
  ['GET', ['kms', 'create', 'tags'], 'list', { key: 'create' }],
  ['POST', ['kms', 'k', 'tags', 'action'], 'many', { key: 'k' }],
  ['DELETE', ['kms', 'k', 'tags', 'a'], 'remove', { key: 'k', tag: 'a' }],
  ['DELETE', ['kms', 'k', 'tags', 'action'], 'remove', { key: 'k', tag: 'action' }],
  ['DELETE', ['kms', 'k', 'tags', 'action', 'b'], 'remove', { key: 'k', tag: 'action/b' }],
  ['DELETE', ['kms', 'k', 'tags', 'a', 'b', 'c'], 'remove', { key: 'k', tag: 'a/b/c' }],
  ['DELETE', ['kms', 'k', 'tags', 'a/b', 'c'], 'remove', { key: 'k', tag: 'a/b/c' }],
]
for (const [method, segments, name, parameters] of found)
  test(`${method} ${segments.join(' · ')} is ${name}`, () => {
    const route = table.find(method, segments)
    assert.deepEqual([route.operation.command.name, route.parameters], [name, parameters])
    assert.equal(table.takesSlash(method, segments), true)
  })

const absent: readonly (readonly [method: string, segments: readonly string[], code: string])[] = [
  ['GET', ['kms', 'create'], 'method-not-supported'],
  ['PUT', ['kms', 'k', 'tags', 'a', 'b'], 'method-not-supported'],
  ['POST', ['kms'], 'operation-unknown'],
  ['POST', ['kms', 'create', ''], 'operation-unknown'],
  ['DELETE', ['kms', 'k', 'tags', ''], 'operation-unknown'],
  ['DELETE', ['kms', 'k', 'tags', 'a', ''], 'operation-unknown'],
  ['DELETE', ['kms', '', 'tags', 'a'], 'operation-unknown'],
  ['POST', ['kms/create'], 'operation-unknown'],
  ['GET', ['kms', 'a/b', 'tags'], 'operation-unknown'],
  ['DELETE', ['kms', 'a/b', 'tags', 'c'], 'operation-unknown'],
  ['DELETE', ['kms', 'k', 'tags/a', 'b'], 'operation-unknown'],
]
for (const [method, segments, code] of absent)
  test(`${method} ${segments.join(' · ')}: ${code}`, () => {
    assert.throws(
      () => table.find(method, segments),
      (error) => error instanceof KmsError && error.code === code,
    )
    assert.equal(table.takesSlash(method, segments), false)
  })

test('an ambiguous table is a defect', () => {
  const row = (path: string) => ['GET', path, named('x')] as const
  assert.throws(() => new RouteTable([row('/a/:b'), row('/a/:c')]), /duplicate route/)
  assert.throws(() => new RouteTable([row('/a/*b'), row('/a/*c')]), /duplicate route/)
  assert.throws(() => new RouteTable([row('/a/*b/c')]), /no segment may follow/)
})
