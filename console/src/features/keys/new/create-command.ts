/** The same key on the command line. */
import { commandLine, commandOf } from '../../../../../src/domain/command-line.ts'
import { shellWord } from '../../../../../src/domain/shell-word.ts'
import { type KeyFormState, usageOfForm } from './key-form.tsx'

export function createCommand(form: KeyFormState, origin: 'kms' | 'external'): string {
  const words = [
    commandLine,
    'key create',
    `--alias ${shellWord(form.alias === '' ? 'ALIAS' : form.alias)}`,
  ]
  if (form.description !== '') words.push(`--description ${shellWord(form.description)}`)
  words.push(`--spec ${form.spec}`, `--usage ${usageOfForm(form)}`)
  if (origin === 'external') words.push('--external')
  return commandOf(...words)
}
