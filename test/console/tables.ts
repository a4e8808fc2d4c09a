/**
 * Texts of the console in both languages, by the dotted keys that its sources use: for tests that
 * read a page or drive it in either.
 */
export type Language = 'en' | 'zh-CN'
export const languages = ['en', 'zh-CN'] as const satisfies readonly Language[]

type Branch = { readonly [name: string]: string | Branch }

/**
 * The sources of the console are checked with the types of a browser, so their modules are loaded
 * by address and not by type.
 */
async function load(name: Language, exported: string): Promise<ReadonlyMap<string, string>> {
  const module = (await import(
    new URL(`../../console/src/texts/${name}.ts`, import.meta.url).href
  )) as Record<string, Branch>
  const root = module[exported]
  if (root === undefined) throw new Error(`${name} exports no ${exported}`)
  return new Map(flat(root, ''))
}

function flat(branch: Branch, prefix: string): [string, string][] {
  return Object.entries(branch).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [[prefix + name, value] as [string, string]]
      : flat(value, `${prefix}${name}.`),
  )
}

export const tables: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  en: await load('en', 'en'),
  'zh-CN': await load('zh-CN', 'zhCn'),
}

export type Say = (key: string, values?: Readonly<Record<string, string | number>>) => string

/**
 * What the console says for a key; for a plural, the form for one or for many by `count`.
 * @throws Error for a key that does not exist.
 */
export function sayIn(language: Language): Say {
  const table = tables[language]
  return (key, values = {}) => {
    const text =
      table.get(key) ??
      (values.count === 1 ? table.get(`${key}_one`) : undefined) ??
      table.get(`${key}_other`)
    if (text === undefined) throw new Error(`no text for ${key} in ${language}`)
    return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
  }
}
