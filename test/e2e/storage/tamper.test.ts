/**
 * Rows edited, moved or swapped by SQL: refused as corrupt, for any column, while other keys keep
 * working. The columns come from the schema itself.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { packed, unpacked } from '../../../src/audit/leaf-groups.ts'
import { columnName, tableNames } from '../../../src/domain/tables.ts'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type Body, readCredentials, wrap } from '../client.ts'
import { refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

type Column = { readonly name: string; readonly type: string }

/** A server may be running: like any other program it waits for the lock. */
function openDatabase(data: string): DatabaseSync {
  return new DatabaseSync(join(data, 'holdfast.db'), { timeout: 5000 })
}

function columnsOf(data: string, table: string): Column[] {
  const db = openDatabase(data)
  const columns = db.prepare(`PRAGMA table_info(${table})`).all() as unknown as Column[]
  db.close()
  return columns
}

/** An answer about a row in which this column was edited: another layout may be a newer one. */
function unusable(answer: Answer, { name }: Pick<Column, 'name'>): void {
  if (name === 'schema_version') refused(answer, 503, 'KMS.0104')
  else refused(answer, 500, 'KMS.0102')
}

/** Gives a column of a row another value of its type. */
function edit(data: string, table: string, id: string, { name, type }: Column): void {
  const db = openDatabase(data)
  const row = db.prepare(`SELECT ${name} AS value FROM ${table} WHERE id = ?`).get(id) as {
    value: null | number | string | Uint8Array
  }
  const { changes } = db
    .prepare(`UPDATE ${table} SET ${name} = ? WHERE id = ?`)
    .run(other(row.value, type), id)
  db.close()
  assert.equal(changes, 1)
}

function other(
  value: null | number | string | Uint8Array,
  type: string,
): number | string | Uint8Array {
  if (type.toLowerCase() === 'integer') return Number(value ?? 0) + 1
  if (type.toLowerCase() === 'text') return `${value ?? ''}x`
  const bytes = Uint8Array.from((value as Uint8Array | null) ?? [0])
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
  return bytes
}

function idsOf(data: string, table: string): string[] {
  const db = openDatabase(data)
  const ids = db
    .prepare(`SELECT id FROM ${table}`)
    .all()
    .map(({ id }) => id as string)
  db.close()
  return ids
}

/** The last group of the log of the node, as a condition. */
const isLast =
  "log <> 'tree' AND first_index = (SELECT max(first_index) FROM log_groups WHERE log <> 'tree')"

/** Changes of the log behind the back of a server, and what the next start says. */
function damages(data: string): readonly (readonly [statement: string, says: RegExp])[] {
  const db = openDatabase(data)
  const found = db
    .prepare("SELECT * FROM log_groups WHERE log <> 'tree' ORDER BY first_index")
    .all()
    .at(5)
  db.close()
  const [log, first, count] = [String(found?.log), Number(found?.first_index), Number(found?.count)]
  const of = 'of the audit log of node [0-9a-f]{16}'
  const which = count === 1 ? `record ${first}` : `records ${first} to ${first + count - 1}`
  const missing = new RegExp(`${which} ${of} (is|are) missing`)
  const hexOf = (leaves: readonly Uint8Array[]): string =>
    Buffer.from(packed(log, first, leaves).leaves).toString('hex')
  const real = unpacked({ log, firstIndex: first, count, leaves: found?.leaves as Uint8Array })
  const edited = hexOf(real.map(() => Buffer.from('edited')))
  const longer = hexOf([...real.map(({ leaf }) => leaf), Buffer.from('added')])
  const where = `WHERE log = '${log}' AND first_index = ${first}`
  return [
    [`DELETE FROM log_groups ${where}`, missing],
    [`UPDATE log_groups SET leaves = x'00' ${where}`, missing],
    [`UPDATE log_groups SET leaves = x'' ${where}`, missing],
    [`UPDATE log_groups SET count = count + 1 ${where}`, missing],
    [
      `UPDATE log_groups SET leaves = x'${edited}' ${where}`,
      new RegExp(`records 0 to \\d+ ${of} are not those that were recorded`),
    ],
    [
      `UPDATE log_groups SET leaves = x'${longer}', count = count + 1 ${where}`,
      new RegExp(`records ${of} from ${first + count} on are stored twice`),
    ],
    [`DELETE FROM log_groups WHERE ${isLast}`, new RegExp(`${of}, the last one, is missing`)],
  ]
}

describe('rows changed without the service', () => {
  const template = newFolder()
  before(async () => {
    const server = await TestServer.start({ data: template })
    await server.stop()
  })
  after(() => rmSync(template, { recursive: true, force: true }))

  /** A copy of a data folder in which everything that a first start does has happened. */
  const copy = (): string => {
    const data = newFolder()
    cpSync(template, data, { recursive: true })
    return data
  }

  test('the schema has no table and no column but those whose rows carry a MAC, and the log', () => {
    const db = openDatabase(template)
    const names = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => name as string)
    db.close()
    assert.deepEqual(names.toSorted(), [...tableNames.map(columnName), 'log_groups'].toSorted())
  })

  const silence =
    'CREATE TRIGGER silence AFTER INSERT ON log_groups WHEN NEW.first_index > 0 BEGIN DELETE FROM log_groups WHERE first_index = NEW.first_index; END'
  const execute = (data: string, statement: string): void => {
    const db = openDatabase(data)
    db.exec(statement)
    db.close()
  }

  test('a trigger that drops records of the log: the server does not start, and names it', async () => {
    const data = copy()
    execute(data, silence)
    const line =
      /ended with 1: holdfast: [^\n]*the trigger "silence on log_groups" was not made by Holdfast[^\n]*nothing was changed\n$/
    await assert.rejects(TestServer.start({ data }), line)
    execute(data, 'DROP TRIGGER silence')
    await using server = await TestServer.start({ data })
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  })

  test('the same while it runs: no call is answered whose record is not kept, and the server ends', async () => {
    const data = copy()
    await using server = await TestServer.start({ data })
    const client = server.client()
    const id = await client.createKey()
    const ciphertext = await client.encrypt(id, 'x')
    execute(data, silence)
    await assert.rejects(client.call('decrypt-data', { cipher_text: ciphertext }))
    client.close()
    assert.notEqual(await server.ended(), 0)
    assert.match(JSON.stringify(await server.logged('store-failed')), /silence/)
    assert.equal((await server.logged('thread-ended')).subject, 'writer')
    const [head] = await server.select('SELECT sum(tree_size) AS n FROM ledgers')
    const [leaves] = await server.select('SELECT sum(count) AS n FROM log_groups')
    assert.equal(leaves?.n, head?.n)
  })

  test('records of the log that are gone or edited: the start says which, and is not ready; calls are answered', async () => {
    const used = copy()
    const first = await TestServer.start({ data: used })
    const client = first.client()
    for (let i = 0; i < 20; i++) await client.createKey()
    client.close()
    await first.stop()
    for (const [statement, says] of damages(used)) {
      const data = newFolder()
      cpSync(used, data, { recursive: true })
      execute(data, statement)
      await using server = await TestServer.start({ data })
      assert.match(server.output, says)
      const ready = await fetch(`${server.url}/readyz`)
      assert.equal(ready.status, 503)
      assert.match(await ready.text(), /the audit log in the database was modified/)
      const after = server.client()
      await after.createKey()
      after.close()
    }
    execute(
      used,
      `INSERT INTO log_groups SELECT log, first_index + count, 1, x'00' FROM log_groups WHERE ${isLast}`,
    )
    const line =
      /ended with 1: holdfast: the audit log of node [0-9a-f]{16} contains a record \d+ past its end[^\n]*DELETE FROM log_groups[^\n]*\n$/
    await assert.rejects(TestServer.start({ data: used }), line)
    rmSync(used, { recursive: true })
  })

  test('a view or a column added while it runs: not ready until it is gone, and calls are answered', async () => {
    const data = copy()
    await using server = await TestServer.start({ data })
    const client = server.client()
    const ready = async (): Promise<number> => (await fetch(`${server.url}/readyz`)).status
    assert.equal(await ready(), 200)
    execute(data, 'CREATE VIEW spy AS SELECT * FROM keys')
    await until(async () => (await ready()) === 503, 20_000)
    assert.match(server.output, /the view \\"spy\\" was not made by Holdfast/)
    await client.createKey()
    client.close()
    execute(data, 'DROP VIEW spy')
    await until(async () => (await ready()) === 200, 20_000)
    assert.ok(await server.logged('schema-restored'))
  })

  test('any column of a key or of its version: that key is corrupt, the others work', async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const client = first.client()
    const targets: { table: string; column: Column; id: string; ciphertext: string }[] = []
    for (const table of ['keys', 'key_versions']) {
      for (const column of columnsOf(data, table)) {
        const id = await client.createKey({ key_description: 'x' })
        targets.push({ table, column, id, ciphertext: await client.encrypt(id, 'x') })
      }
    }
    const witness = await client.createKey()
    const ciphertext = await client.encrypt(witness, 'fine')
    client.close()
    await first.stop()
    for (const { table, column, id } of targets)
      edit(data, table, table === 'keys' ? id : `${id}/1`, column)

    await using server = await TestServer.start({ data })
    const after = server.client()
    for (const target of targets) {
      const what = `${target.table}.${target.column.name}`
      // A row whose ID was changed is found under the new one, and nothing is found under its own.
      const isMoved = what === 'keys.id'
      const named = isMoved ? `${target.id}x` : target.id
      if (!isMoved) {
        const { column } = target
        unusable(await after.call('describe-key', { key_id: named }), column)
        unusable(await after.call('encrypt-data', { key_id: named, plain_text: 'x' }), column)
        unusable(await after.call('enable-key', { key_id: named }), column)
      }
      const opened = await after.call('decrypt-data', { cipher_text: target.ciphertext })
      assert.notEqual(opened.status, 200, what)
      assert.equal(await after.decrypt(ciphertext), 'fine')
    }
    const { keys } = await after.ok('list-keys', { limit: 2000 })
    assert.ok(keys.includes(witness), 'damaged rows do not keep the others from being listed')
    after.close()
  })

  test('any column of a grant: the grants of its key are corrupt, and those of the key that it was moved to; users of the keys are not affected', async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const client = first.client()
    const targets: { column: Column; id: string; grantId: string }[] = []
    for (const column of columnsOf(data, 'key_grants')) {
      const id = await client.createKey()
      const fields = {
        key_id: id,
        grantee_principal: 'somebody',
        operations: ['sign'],
        name: 'n',
        retiring_principal: 'else',
      }
      targets.push({ column, id, grantId: (await client.ok('create-grant', fields)).grant_id })
    }
    const [witness, other] = [await client.createKey(), await client.createKey()]
    client.close()
    await first.stop()
    for (const { column, grantId } of targets)
      if (column.name !== 'key_id') edit(data, 'key_grants', grantId, column)
    const moved = targets.find(({ column }) => column.name === 'key_id')
    const db = openDatabase(data)
    db.prepare('UPDATE key_grants SET key_id = ? WHERE id = ?').run(other, moved?.grantId as string)
    db.close()

    await using server = await TestServer.start({ data })
    const after = server.client()
    for (const { id, column } of targets) {
      // The key from which it was moved as well: the list of its grants names it.
      unusable(await after.call('list-grants', { key_id: id }), column)
      assert.equal(
        await after.decrypt(await after.encrypt(id, 'used by its owner')),
        'used by its owner',
      )
    }
    refused(await after.call('list-grants', { key_id: other }), 500, 'KMS.0102')
    assert.equal(await after.decrypt(await after.encrypt(witness, 'fine')), 'fine')
    after.close()
  })

  test('a damaged row that nobody asks for is found by the background check, and reported once', {
    timeout: 90_000,
  }, async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const client = first.client()
    const id = await client.createKey()
    client.close()
    await first.stop()
    edit(data, 'keys', id, { name: 'disabled', type: 'integer' })
    await using server = await TestServer.start({ data })
    const { table, row, reason } = await server.logged('row-damaged', 60_000)
    assert.deepEqual(
      [table, row, reason],
      ['keys', id, 'the stored record in keys fails its integrity check'],
    )
  })

  test('any column of an import token: it imports nothing', async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const client = first.client()
    const targets: { id: string; parameters: Body; column: Column; token: string }[] = []
    for (const column of columnsOf(data, 'import_tokens')) {
      const id = await client.createKey({ origin: 'external' })
      const parameters = await client.ok('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      const [token] = idsOf(data, 'import_tokens').filter(
        (one) => !targets.some((target) => target.token === one),
      )
      targets.push({ id, parameters, column, token: token as string })
    }
    client.close()
    await first.stop()
    for (const { token, column } of targets) edit(data, 'import_tokens', token, column)

    await using server = await TestServer.start({ data })
    const after = server.client()
    for (const { id, parameters, column } of targets) {
      const encrypted_key_material = wrap(parameters.public_key, randomBytes(32))
      const answer = await after.call('import-key-material', {
        key_id: id,
        import_token: parameters.import_token,
        encrypted_key_material,
      })
      if (column.name === 'id') refused(answer, 400, 'KMS.2605')
      else unusable(answer, column)
      assert.equal((await after.describe(id)).key_state, '5')
    }
    after.close()
  })

  test('any column of an alias: it cannot be moved and is not listed, and others are', async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const client = first.client()
    const { project_id } = client.credentials
    const target = await client.createKey()
    const columns = columnsOf(data, 'key_aliases')
    for (const { name } of columns)
      await client.call('aliases', { key_id: await client.createKey(), alias: `alias/${name}` })
    await client.call('aliases', { key_id: target, alias: 'alias/witness' })
    client.close()
    await first.stop()
    for (const column of columns)
      edit(data, 'key_aliases', `${project_id}/alias/${column.name}`, column)

    await using server = await TestServer.start({ data })
    const after = server.client()
    for (const { name } of columns) {
      const moved = await after.call('alias/associate', {
        alias: `alias/${name}`,
        target_key_id: target,
      })
      // A row whose ID was changed is not found under its own.
      if (name === 'id') refused(moved, 400, 'KMS.1101')
      else unusable(moved, { name })
    }
    for (const query of ['?limit=100', '?limit=1', `?key_id=${target}`]) {
      const found: string[] = []
      for (let marker = ''; ; ) {
        const { body } = await after.get(`aliases${query}${marker && `&marker=${marker}`}`)
        found.push(...body.aliases.map(({ alias }: Body) => alias))
        marker = body.page_info.next_marker
        if (marker === '') break
      }
      assert.deepEqual(found, ['alias/witness'], query)
    }
    after.close()
  })

  test('material moved between keys, versions and rows opens nowhere', async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const client = first.client()
    const ids = [await client.createKey(), await client.createKey(), await client.createKey()]
    const [one, two, three] = ids as [string, string, string]
    const ciphertexts = [await client.encrypt(one, '1'), await client.encrypt(two, '2')]
    client.close()
    await first.stop()
    const db = openDatabase(data)
    db.exec(
      `UPDATE key_versions SET sealed_material = (SELECT sealed_material FROM key_versions WHERE key_id = '${two}') WHERE key_id = '${one}'`,
    )
    // A whole row, MAC and all, under another key's name.
    db.exec(`DELETE FROM key_versions WHERE key_id = '${two}'`)
    db.exec(`UPDATE key_versions SET key_id = '${two}' WHERE key_id = '${three}'`)
    db.close()
    await using server = await TestServer.start({ data })
    const after = server.client()
    for (const ciphertext of ciphertexts)
      refused(await after.call('decrypt-data', { cipher_text: ciphertext }), 500, 'KMS.0102')
    refused(await after.call('encrypt-data', { key_id: three, plain_text: 'x' }), 500, 'KMS.0102')
    after.close()
  })

  test('any column of a session: nobody is signed in with it, and others are', async () => {
    const data = copy()
    const first = await TestServer.start({ data })
    const {
      user_name,
      project_id,
      password: initial,
    } = readCredentials(join(data, 'bootstrap.json'))
    const witness = new AdminClient(first.url)
    const password = await witness.enter({ user_name, project_id, password: initial })
    const columns = columnsOf(data, 'sessions')
    const targets: { column: Column; admin: AdminClient; id: string }[] = []
    for (const column of columns) {
      const before_ = new Set(idsOf(data, 'sessions'))
      const admin = new AdminClient(first.url)
      await admin.signIn(user_name, password)
      targets.push({
        column,
        admin,
        id: idsOf(data, 'sessions').find((id) => !before_.has(id)) as string,
      })
    }
    await first.stop()
    for (const { column, id } of targets) edit(data, 'sessions', id, column)
    await using server = await TestServer.start({ data })
    const at = ({ cookie }: AdminClient): AdminClient =>
      Object.assign(new AdminClient(server.url), { cookie })
    for (const { column, admin } of targets) {
      const { status } = await at(admin).call('GET', '/keys')
      const expected = { id: 401, schema_version: 503 }[column.name] ?? 500
      assert.equal(status, expected, column.name)
    }
    assert.equal((await at(witness).call('GET', '/keys')).status, 200)
  })

  test('any column of a draft: that draft is reported as corrupt, the key can still be imported', async () => {
    const data = copy()
    const columns = columnsOf(data, 'import_drafts').filter(
      ({ name }) => name !== 'id' && name !== 'project_id',
    )
    for (const column of columns) {
      const first = await TestServer.start({ data })
      const client = first.client()
      const id = await client.createKey({ origin: 'external' })
      const draft = { step: 'expiry', choices: { expiry: 'never' } }
      await client.send(client.sign('PUT', `/admin/v1/imports/${id}`, draft))
      client.close()
      await first.stop()
      edit(data, 'import_drafts', id, column)
      const server = await TestServer.start({ data })
      const after = server.client()
      const listed = await after.send(after.sign('GET', '/admin/v1/imports'))
      assert.deepEqual(
        [listed.status, listed.body.error?.code],
        column.name === 'schema_version'
          ? [503, 'stored-record-newer']
          : [500, 'stored-record-corrupt'],
        column.name,
      )
      const again = await after.send(after.sign('DELETE', `/admin/v1/imports/${id}`))
      assert.equal(again.status, 200, column.name)
      after.close()
      await server.stop()
    }
  })

  test('any column of what is derived from the log: reported once and counted again; nobody is refused', {
    timeout: 120_000,
  }, async () => {
    const used = copy()
    const first = await TestServer.start({ data: used })
    const client = first.client()
    const id = await client.createKey()
    await client.encrypt(id, 'x')
    await new AdminClient(first.url).signIn('nobody', 'nothing')
    await until(() => idsOf(used, 'key_uses').length > 0, 10_000)
    client.close()
    await first.stop()
    const tables = ['call_counts', 'key_uses', 'log_segments', 'sign_in_failures']
    const columns = tables.map((table) =>
      columnsOf(used, table).filter(({ name }) => name !== 'id'),
    )
    // One column of each table at a time: a start for each of them would take minutes.
    for (let at = 0; at < Math.max(...columns.map((ofTable) => ofTable.length)); at++) {
      const data = newFolder()
      cpSync(used, data, { recursive: true })
      const edited = tables.flatMap((table, index) => {
        const column = columns[index]?.[at]
        if (column === undefined) return []
        for (const row of idsOf(data, table)) edit(data, table, row, column)
        return [`${table}.${column.name}`]
      })
      await using server = await TestServer.start({ data })
      const after = server.client()
      await after.encrypt(id, 'x')
      for (const path of [
        '/overview',
        '/calls?span=day',
        `/keys/${id}`,
        `/audit?key_id=${id}`,
        '/keys',
      ]) {
        const { status, body } = await after.send(after.sign('GET', `/admin/v1${path}`))
        assert.equal(status, 200, `${edited.join(', ')} ${path}: ${JSON.stringify(body)}`)
      }
      const { body } = await after.send(
        after.sign('GET', `/admin/v1/audit?key_id=${id}&operation=encrypt`),
      )
      assert.equal(
        body.records.length,
        2,
        `a search skips no records because of a damaged segment: ${edited.join(', ')}`,
      )
      after.close()
    }
    rmSync(used, { recursive: true, force: true })
  })

  for (const table of ['access_keys', 'users', 'projects']) {
    test(`any column of ${table}: nobody gets in with it`, { timeout: 120_000 }, async () => {
      for (const column of columnsOf(template, table)) {
        const data = copy()
        edit(data, table, idsOf(data, table)[0] as string, column)
        await using server = await TestServer.start({ data })
        const client = server.client()
        const { status, body } = await client.get('user-quotas')
        client.close()
        assert.ok(
          status === 403 || ['KMS.0102', 'KMS.0104'].includes(body.error.error_code),
          `${table}.${column.name}: ${status}`,
        )
      }
    })
  }

  for (const table of ['deployments', 'root_slots', 'ledgers']) {
    test(`any column of ${table}: the server does not start, and says why in a line`, {
      timeout: 120_000,
    }, async () => {
      for (const column of columnsOf(template, table)) {
        const data = copy()
        edit(data, table, idsOf(data, table)[0] as string, column)
        const started = TestServer.start({ data })
        await assert.rejects(
          started,
          /the server ended with 1: holdfast: [^\n]+\n$/,
          `${table}.${column.name}`,
        )
        rmSync(data, { recursive: true, force: true })
      }
    })
  }
})
