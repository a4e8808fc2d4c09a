/** 简体中文。术语以华为云中文手册为准。 */
import type { ChineseWords } from '../words.ts'
import { belongings } from './belongings.ts'
import { errors } from './errors.ts'
import { importWords } from './import.ts'
import { keyWords } from './keys.ts'
import { messages } from './messages.ts'
import { pages } from './pages.ts'
import { shell } from './shell.ts'
import { words } from './words.ts'

export const zhCn: ChineseWords = {
  ...words,
  ...shell,
  ...keyWords,
  ...pages,
  ...belongings,
  import: importWords,
  errors,
  message: messages,
}
