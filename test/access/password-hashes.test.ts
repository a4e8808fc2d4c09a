/**
 * Password hashes are sealed for their user; rows that an older release wrote can be read, and are
 * sealed at a start.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { openedHash, sealedHash } from '../../src/access/password-hashes.ts'
import { readLeaves } from '../../src/audit/leaf-groups.ts'
import { recordOf } from '../../src/audit/record.ts'
import { labels } from '../../src/crypto/formats/labels.ts'
import { rowBytes, rowDigest } from '../../src/crypto/formats/row-mac.ts'
import { type RowWrite, type UserRow, versionOf } from '../../src/domain/rows.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { sealPasswords } from '../../src/server/seal-passwords.ts'
import { Deployment, idOf, passwordOf, region } from './deployment.ts'

describe('hashes of passwords', () => {
  const deployment = new Deployment()
  before(() => deployment.add([{ project: region }, { project: 'second' }, { project: 'third' }]))
  after(() => deployment.end())

  const userOf = async (project: string): Promise<UserRow> => {
    const row = await deployment.reader.userNamed(idOf(project), 'admin')
    assert.ok(row)
    return row
  }
  const keysOf = async (project: string) => {
    const loaded = await deployment.projects.load(idOf(project))
    assert.ok(loaded)
    return loaded.keys
  }
  const enters = async (project: string): Promise<boolean> => {
    const [password, stated] = [
      Buffer.from(passwordOf(project)),
      { domains: [], projects: [project] },
    ]
    const input = { userName: 'admin', password, stated, source: '192.0.2.1' }
    return deployment.signIn.withPassword(input).then(
      () => true,
      () => false,
    )
  }
  /** The row as the previous release wrote it: in layout 1, with the hash in the clear. */
  const inTheClear = async (project: string, change: Partial<UserRow> = {}): Promise<RowWrite> => {
    const row = await userOf(project)
    const hash = openedHash(await keysOf(project), row)
    const unsigned = {
      ...row,
      passwordHash: hash,
      sealedPasswordHash: null,
      schemaVersion: 1,
      revision: row.revision + 1,
    }
    const bytes = rowBytes(labels.row, 'users', unsigned)
    const old = {
      ...unsigned,
      mac: createHmac('sha256', deployment.keyring.rowMac).update(bytes).digest(),
      ...change,
    }
    deployment.users.drop(row.id)
    return {
      table: 'users',
      id: row.id,
      expected: row.revision,
      from: versionOf(row),
      row: old,
      digest: rowDigest('users', old),
    }
  }

  test('a hash opens only for its user and only under the key of their project', async () => {
    const [row, other] = [await userOf(region), await userOf('second')]
    const [keys, otherKeys] = [await keysOf(region), await keysOf('second')]
    assert.equal(row.passwordHash, '')
    assert.match(openedHash(keys, row), /^\$argon2id\$/)
    const corrupt = { code: 'stored-record-corrupt' }
    const { sealedPasswordHash } = row
    assert.throws(() => openedHash(keys, { ...row, id: other.id }), corrupt)
    assert.throws(() => openedHash(otherKeys, row), corrupt)
    const moved = { ...other, sealedPasswordHash }
    assert.throws(() => openedHash(otherKeys, moved), corrupt)
  })

  test('a hash is sealed differently each time, so equal passwords cannot be recognized', async () => {
    const keys = await keysOf(region)
    const seal = () =>
      sealedHash(keys, { id: 'u', projectId: idOf(region) }, 'hash', systemRandom.bytes)
        .sealedPasswordHash
    assert.notDeepEqual(seal(), seal())
  })

  test('rows of the previous release: their users can sign in, and a start seals each with a record and reports those it cannot seal', async () => {
    await deployment.write([await inTheClear(region)])
    await deployment.write([await inTheClear('second', { role: 'auditor' })])
    assert.match((await userOf(region)).passwordHash, /^\$argon2id\$/)
    assert.equal(await enters(region), true, 'before it is sealed')
    const notices: string[] = []
    const { reader, projects, journal } = deployment
    const parts = {
      reader,
      projects,
      journal,
      rowMac: deployment.keyring.rowMac,
      random: systemRandom,
    }
    for (const start of [1, 2]) {
      await sealPasswords({
        ...parts,
        onUnsealed: (user, reason) => notices.push(`${user}: ${reason}`),
      })
      deployment.users.drop((await userOf(region)).id)
      assert.equal(notices.length, start, 'the damaged row, each time')
    }
    assert.equal(notices[0], 'user of second: the stored record in users fails its integrity check')
    const sealed = await userOf(region)
    assert.deepEqual([sealed.passwordHash, sealed.schemaVersion], ['', 2])
    assert.equal(await enters(region), true, 'and after')
    assert.match(
      (await userOf('second')).passwordHash,
      /^\$argon2id\$/,
      'the damaged row is left unchanged',
    )
    const records = (await readLeaves(reader, 'node', 0, 100)).map(({ leaf }) => recordOf(leaf))
    assert.deepEqual(
      records.map(({ operation, project, principal, outcome }) => [
        operation,
        project,
        principal,
        outcome,
      ]),
      [['seal-password', idOf(region), 'holdfast', 'ok']],
    )
  })
})
