/** 简体中文。术语以华为云中文手册为准。 */
import { appTexts } from '../app/texts.zh-CN.ts'
import { auditTexts } from '../features/audit/texts.zh-CN.ts'
import { clientTexts } from '../features/clients/texts.zh-CN.ts'
import { importTexts } from '../features/import/texts.zh-CN.ts'
import { keyTexts } from '../features/key/texts.zh-CN.ts'
import { keysTexts } from '../features/keys/texts.zh-CN.ts'
import { overviewTexts } from '../features/overview/texts.zh-CN.ts'
import { peopleTexts } from '../features/people/texts.zh-CN.ts'
import { signInTexts } from '../features/sign-in/texts.zh-CN.ts'
import { systemTexts } from '../features/system/texts.zh-CN.ts'
import { tryTexts } from '../features/try/texts.zh-CN.ts'
import { errors } from './errors.zh-CN.ts'
import type { ChineseWords } from './keys.ts'
import { messages } from './messages.zh-CN.ts'
import { words } from './words.zh-CN.ts'

export const zhCn: ChineseWords = {
  ...words,
  ...appTexts,
  ...signInTexts,
  ...overviewTexts,
  ...keysTexts,
  ...keyTexts,
  ...importTexts,
  ...tryTexts,
  ...auditTexts,
  ...peopleTexts,
  ...clientTexts,
  ...systemTexts,
  errors,
  message: messages,
}
