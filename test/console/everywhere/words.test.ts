/**
 * The two tables of texts against each other and against the sources: nothing missing, nothing
 * unused, the same values in both.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { limits } from '../../../console/src/texts/limits.ts'
import { languages, tables } from '../tables.ts'

const root = new URL('../../..', import.meta.url)

function sourcesOf(...patterns: readonly string[]): string {
  const names = globSync(patterns, { cwd: root, exclude: (name) => name.includes('texts') })
  assert.ok(names.length > 0, `sources match ${patterns.join()}`)
  return names.map((name) => readFileSync(new URL(name, root), 'utf8')).join('\n')
}

/** Every text in quotes. An apostrophe in a comment cannot begin one that spans a line. */
function literals(source: string): ReadonlySet<string> {
  return new Set([...source.matchAll(/'([^'\n]*)'/g)].map(([, text]) => text ?? ''))
}

const console_ = sourcesOf('console/src/**/*.ts', 'console/src/**/*.tsx')
const named = literals(console_)
/**
 * Values of the domain fill the gaps of templates: states of keys, codes of refusals, names of
 * operations and checks.
 */
const domain = sourcesOf('src/{access,domain,engine,custody,projections,store,server}/**/*.ts')
const values = new Set([
  ...named,
  ...literals(domain),
  ...[...(console_ + domain).matchAll(/^\s*'?([\w-]+)'?:/gm)].map(([, name]) => name ?? ''),
])

/**
 * Templates of names, such as `status.${state}`: the gaps take any name. A sentence is not a
 * template.
 */
const templates = [...console_.matchAll(/`([\w.-]+\$\{[^`{}]*\}[\w.-]*)`/g)].map(
  ([, text = '']) => {
    const parts = text.split(/\$\{[^}]*\}/)
    return {
      text,
      form: new RegExp(`^${parts.map((part) => part.replaceAll('.', '\\.')).join('([^.]+)')}$`),
    }
  },
)
const keyTemplates = templates.filter(({ text }) => text.includes('.$'))
/**
 * A gap is filled by a value that is found somewhere, or by one that is composed itself, such as
 * `share-${reason}`.
 */
function isValue(name: string): boolean {
  return (
    values.has(name) ||
    templates.some(
      ({ form }) =>
        form
          .exec(name)
          ?.slice(1)
          .every((part) => values.has(part)) ?? false,
    )
  )
}

/** A plural is looked up without its ending. */
const asked = (key: string): string => key.replace(/_(one|other)$/, '')
const placeholders = (text: string): string =>
  [...new Set(text.match(/\{\w+\}/g))].toSorted().join(' ')

describe('texts of the console', () => {
  for (const language of languages) {
    test(`every text of ${language} is used somewhere`, () => {
      const unused = [...tables[language].keys()].map(asked).filter((key) => {
        if (named.has(key)) return false
        return !keyTemplates.some(({ form }) => form.exec(key)?.slice(1).every(isValue) ?? false)
      })
      assert.deepEqual(unused, [])
    })

    test(`every key that a source asks for is there in ${language}`, () => {
      const known = new Set([...tables[language].keys()].map(asked))
      const wanted = [...console_.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key ?? '')
      assert.ok(wanted.length > 400, `${wanted.length} uses were found`)
      assert.deepEqual(
        wanted.filter((key) => !known.has(key)),
        [],
      )
      const hollow = keyTemplates.filter(({ form }) => ![...known].some((key) => form.test(key)))
      assert.deepEqual(
        hollow.map(({ text }) => text),
        [],
      )
    })
  }

  test('a limit comes from the domain, never from a text', () => {
    const names = globSync('console/src/**/*.{en,zh-CN}.ts', { cwd: root })
    assert.ok(names.length > 20, `${names.length} tables were found`)
    const known = Object.values(limits).flatMap((limit) =>
      typeof limit === 'string' ? [limit] : Object.values(limit),
    )
    // Small numbers mean other things as well: hours, steps, parts of names.
    const telling = [...new Set(known)].filter((limit) => limit.length > 2 || limit === '50')
    const written = new RegExp(`(?<![\\d,.A-Z_])(?:${telling.join('|')})(?![\\d,])`)
    const found = names.flatMap((name) =>
      readFileSync(new URL(name, root), 'utf8')
        .split('\n')
        .filter((line) => written.test(line.replaceAll(/^\s*'[\w-]+':|sha-?256/gi, '')))
        .map((line) => `${name}: ${line.trim()}`),
    )
    assert.deepEqual(found, [])
  })

  test('both languages have the same keys and take the same values', () => {
    const english = new Map([...tables.en].filter(([key]) => !key.endsWith('_one')))
    assert.deepEqual([...tables['zh-CN'].keys()].toSorted(), [...english.keys()].toSorted())
    const taken = (table: ReadonlyMap<string, string>): string[] =>
      [...table].map(([key, text]) => `${key}: ${placeholders(text)}`).toSorted()
    assert.deepEqual(taken(tables['zh-CN']), taken(english))
  })

  test('the singular takes no value that the plural does not take', () => {
    for (const [key, text] of tables.en) {
      if (!key.endsWith('_one')) continue
      const plural = tables.en.get(key.replace(/_one$/, '_other'))
      assert.ok(plural !== undefined, key)
      // It may leave out the number, which is one.
      for (const name of text.match(/\{\w+\}/g) ?? [])
        assert.ok(plural.includes(name), `${key}: ${name}`)
    }
  })

  test('what is joined is joined by a text: Chinese has punctuation of its own', () => {
    const joined = console_.match(/^.*(?:\}[,:;] \$\{|\.join\('[,:;] '\)).*$/gm) ?? []
    // A defect is named in the words of the browser.
    assert.deepEqual(
      joined.filter((line) => !line.includes('error.message')),
      [],
    )
  })

  test('a Chinese text without a Chinese character is a name', () => {
    const names = new Set(
      [...tables['zh-CN'].values()].filter((text) => !/\p{Script=Han}/u.test(text)),
    )
    assert.deepEqual([...names].toSorted(), nameOnly)
  })
})

/** Names and key presses: the same in every language. */
const nameOnly = [
  'Ctrl+Enter',
  'Go',
  'Holdfast',
  'JWK',
  'Java',
  'JavaScript',
  'OTC',
  'OpenSSL',
  'Python',
  'RSA，OAEP，SHA-256',
  'SOPS',
  'Terraform',
  'base64',
  'base64。',
  'holdfast',
  'pkcs11-tool',
  '{first}，{second}',
  '{label}：{text}',
  '{name}：{n}',
]
