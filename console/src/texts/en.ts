/** English. The compiler checks that the other languages have the same keys. */
import { appTexts } from '../app/texts.en.ts'
import { auditTexts } from '../features/audit/texts.en.ts'
import { clientTexts } from '../features/clients/texts.en.ts'
import { importTexts } from '../features/import/texts.en.ts'
import { keyTexts } from '../features/key/texts.en.ts'
import { keysTexts } from '../features/keys/texts.en.ts'
import { overviewTexts } from '../features/overview/texts.en.ts'
import { peopleTexts } from '../features/people/texts.en.ts'
import { signInTexts } from '../features/sign-in/texts.en.ts'
import { systemTexts } from '../features/system/texts.en.ts'
import { tryTexts } from '../features/try/texts.en.ts'
import { errors } from './errors.en.ts'
import { messages } from './messages.en.ts'
import { words } from './words.en.ts'

export const en = {
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
} as const
