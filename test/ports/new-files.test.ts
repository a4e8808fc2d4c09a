/**
 * Files that are created completely or not at all: what prevents it, and what is left in that case.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  FileNotWritten,
  NameTaken,
  OnlyCopyKept,
  PreparedFiles,
  removeSecondName,
  removeUnfinished,
  writeNewFile,
} from '../../src/ports/new-files.ts'
import { newFolder } from '../e2e/server.ts'
import { missing, tool } from '../tools.ts'

const content = Buffer.from('content')

describe('a new file', () => {
  const base = newFolder()
  after(() => rmSync(base, { recursive: true }))
  let folders = 0
  const fresh = (): string => {
    const folder = join(base, `folder-${folders++}`)
    mkdirSync(folder)
    return folder
  }

  test('is complete, readable by its owner alone, and the only file in its folder', () => {
    const folder = fresh()
    writeNewFile(join(folder, 'file'), content)
    assert.deepEqual(readdirSync(folder), ['file'])
    assert.deepEqual(readFileSync(join(folder, 'file')), content)
    if (process.platform !== 'win32')
      assert.equal(statSync(join(folder, 'file')).mode & 0o777, 0o600)
  })

  const inTheWay: readonly (readonly [what: string, put: (path: string) => void, says: RegExp])[] =
    [
      [
        'a file',
        (path) => writeFileSync(path, 'older'),
        /^\S+ already exists, and nothing is overwritten; name another file$/,
      ],
      ['an empty file', (path) => writeFileSync(path, ''), /already exists/],
      ['a folder', (path) => mkdirSync(path), /^\S+ is a folder; name a file in it$/],
      ['a link that leads nowhere', (path) => symlinkSync('nowhere', path), /already exists/],
    ]
  for (const [what, put, says] of inTheWay) {
    test(`${what} blocks the name, before the work and after it`, () => {
      const [before, between] = [fresh(), fresh()]
      put(join(before, 'file'))
      const kept = readdirSync(before)
      assert.throws(() => writeNewFile(join(before, 'file'), content), {
        constructor: NameTaken,
        message: says,
      })
      assert.deepEqual(readdirSync(before), kept)
      const prepared = PreparedFiles.prepare([
        { path: join(between, 'first'), content },
        { path: join(between, 'file'), content },
      ])
      put(join(between, 'file'))
      assert.throws(() => prepared.commit(), { constructor: NameTaken, message: says })
      assert.deepEqual(
        readdirSync(between),
        ['file'],
        'neither the others of the set nor the prepared files are left',
      )
    })
  }

  test('of a set, all or none: the last name is checked before the first file is written', () => {
    const folder = fresh()
    writeFileSync(join(folder, 'c'), 'older')
    const files = ['a', 'b', 'c'].map((name) => ({ path: join(folder, name), content }))
    assert.throws(() => PreparedFiles.prepare(files), NameTaken)
    assert.deepEqual(readdirSync(folder), ['c'])
    rmSync(join(folder, 'c'))
    const prepared = PreparedFiles.prepare(files)
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.startsWith('.')),
      [],
      'none has its name yet',
    )
    prepared.commit()
    assert.deepEqual(readdirSync(folder), ['a', 'b', 'c'])
    const twice = [join(folder, 'd'), join(folder, 'd')].map((path) => ({ path, content }))
    assert.throws(() => PreparedFiles.prepare(twice), NameTaken)
    assert.deepEqual(readdirSync(folder), ['a', 'b', 'c'])
  })

  test('in a folder that does not exist, or is a file: a readable reason, and nothing is left', () => {
    const folder = fresh()
    writeFileSync(join(folder, 'file'), '')
    for (const [path, says] of [
      ['none/file', /^cannot write \S+: no such file or directory$/],
      ['file/file', /^cannot write \S+: not a directory$|already exists/],
      [`${'x'.repeat(300)}`, /^cannot write \S+: name too long$/],
    ] as const)
      assert.throws(
        () => writeNewFile(join(folder, path), content),
        (error: Error) => {
          assert.ok(error instanceof FileNotWritten || error instanceof NameTaken)
          assert.match(error.message, says)
          return true
        },
      )
    assert.deepEqual(readdirSync(folder), ['file'])
  })

  test('space is reserved for later content, which may be shorter', () => {
    const folder = fresh()
    const reserved = PreparedFiles.prepare([
      { path: join(folder, 'file'), content: new Uint8Array(4096) },
    ])
    reserved.replace(content)
    reserved.commit()
    assert.deepEqual(readFileSync(join(folder, 'file')), content)
    assert.deepEqual(readdirSync(folder), ['file'])
  })

  test('content that has no other copy is kept where it is if its name is taken', () => {
    const folder = fresh()
    const path = join(folder, 'file')
    {
      using reserved = PreparedFiles.prepare([{ path, content: new Uint8Array(4096) }])
      reserved.replace(content)
      writeFileSync(path, 'of another')
      assert.throws(
        () => reserved.commit(),
        (error: Error) => {
          const [, kept = ''] =
            /; its content is in (\S+): keep that file$/.exec(error.message) ?? []
          assert.ok(error instanceof OnlyCopyKept)
          assert.match(
            error.message,
            /file could not be completed \(\S+ already exists, and nothing is overwritten; name another file\)/,
          )
          assert.deepEqual(readFileSync(kept), content)
          return true
        },
      )
    }
    assert.equal(readFileSync(path, 'utf8'), 'of another')
    assert.equal(readdirSync(folder).length, 2, 'it still exists after the end of the block')
  })

  test('a reserved file that was not replaced is removed', () => {
    const folder = fresh()
    {
      using reserved = PreparedFiles.prepare([{ path: join(folder, 'file'), content }])
      assert.ok(reserved)
    }
    assert.deepEqual(readdirSync(folder), [])
  })

  test('files that an ended process left are removed, and nothing else', () => {
    const folder = fresh()
    PreparedFiles.prepare([{ path: join(folder, 'file'), content }])
    for (const other of ['.holdfast-mine.new', 'root.key.new', 'kept'])
      writeFileSync(join(folder, other), '')
    assert.equal(readdirSync(folder).length, 4)
    removeUnfinished(folder)
    assert.deepEqual(readdirSync(folder).toSorted(), ['.holdfast-mine.new', 'kept', 'root.key.new'])
  })

  test('a second name that an ended process left is removed, and those of other files are not', () => {
    const folder = fresh()
    const path = join(folder, 'file')
    const temporary = `.holdfast-${crypto.randomUUID()}.new`
    writeNewFile(path, content)
    PreparedFiles.prepare([{ path: join(folder, 'other'), content }])
    linkSync(path, join(folder, temporary))
    linkSync(path, join(folder, 'kept'))
    assert.equal(readdirSync(folder).length, 4)
    removeSecondName(path)
    const left = readdirSync(folder)
    assert.deepEqual(
      [left.length, left.includes(temporary), left.includes('file'), left.includes('kept')],
      [3, false, true, true],
    )
    removeSecondName(path)
    assert.deepEqual(readdirSync(folder), left)
  })

  const failures: readonly (readonly [
    what: string,
    inject: string,
    left: readonly string[],
    says: RegExp,
  ])[] = [
    ['no second names, as on a memory stick', 'link,linkat:error=EPERM', ['file'], /^done$/],
    [
      'a folder that cannot be synced, and does not need to be',
      'fsync:error=EINVAL:when=2',
      ['file'],
      /^done$/,
    ],
    [
      'a disk that fails during the write',
      'fsync:error=EIO:when=1',
      [],
      /^cannot write \S+: i\/o error$/,
    ],
    [
      'a disk that fails at the folder',
      'fsync:error=EIO:when=2',
      [],
      /^cannot write \S+: i\/o error$/,
    ],
    [
      'a disk that is full when the name is given',
      'link,linkat:error=ENOSPC',
      [],
      /^cannot write \S+: no space left on device$/,
    ],
  ]
  const noStrace = missing('strace')
  for (const [what, inject, left, says] of failures) {
    test(`over ${what}`, { skip: noStrace }, () => {
      const folder = fresh()
      const module_ = new URL('../../src/ports/new-files.ts', import.meta.url)
      const script = `import('${module_}').then(({ writeNewFile }) => {
        try { writeNewFile(process.argv[1], Buffer.from('content')); console.log('done') } catch (error) { console.log(error.message) } })`
      const trace = ['-f', '-qq', '-o', '/dev/null', '-e', `inject=${inject}`]
      const { stdout } = spawnSync(
        tool('strace'),
        [...trace, process.execPath, '-e', script, join(folder, 'file')],
        {
          encoding: 'utf8',
        },
      )
      assert.match(stdout.trim(), says)
      assert.deepEqual(readdirSync(folder), left)
      if (left.length > 0) assert.deepEqual(readFileSync(join(folder, 'file')), content)
    })
  }
})
