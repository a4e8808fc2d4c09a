/** English. The other languages have the same keys: the compiler sees to it. */
import { belongings } from './belongings.ts'
import { errors } from './errors.ts'
import { importWords } from './import.ts'
import { keyWords } from './keys.ts'
import { messages } from './messages.ts'
import { pages } from './pages.ts'
import { shell } from './shell.ts'
import { words } from './words.ts'

export const en = {
  ...words,
  ...shell,
  ...keyWords,
  ...pages,
  ...belongings,
  import: importWords,
  errors,
  message: messages,
} as const
