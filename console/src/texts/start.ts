/** i18next with both languages; the one that is not in use is not loaded. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { type Language, language, languages } from '../app/settings.ts'
import type { Words } from './keys.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: Words }
  }
}

const loaders: Readonly<Record<Language, () => Promise<object>>> = {
  en: async () => (await import('./en.ts')).en,
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCn,
}

async function addTable(name: Language): Promise<void> {
  if (!i18next.hasResourceBundle(name, 'translation'))
    i18next.addResourceBundle(name, 'translation', await loaders[name]())
}

async function load(name: Language): Promise<void> {
  await addTable(name)
  await i18next.changeLanguage(name)
  document.documentElement.lang = name
}

/** The texts of all languages, for what a person may have read in another one. */
export async function allTables(): Promise<readonly Words[]> {
  await Promise.all(languages.map(addTable))
  return languages.map((name) => i18next.getResourceBundle(name, 'translation') as Words)
}

export async function startLanguage(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language.get(),
    fallbackLng: false,
    resources: {},
    // React escapes by itself.
    interpolation: { escapeValue: false, prefix: '{', suffix: '}' },
    // A key that is missing is a defect, and looks like one.
    returnNull: false,
  })
  await load(language.get())
  language.watch(() => void load(language.get()))
}
