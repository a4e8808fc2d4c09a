/** The same key on the command line. */
import { type KeyFormState, usageOfForm } from './key-form.tsx'

/** A word of a POSIX shell that means exactly `text`. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export function createCommand(form: KeyFormState, origin: 'kms' | 'external'): string {
  const words = ['holdfast', 'key', 'create', '--alias', shellWord(form.alias === '' ? 'ALIAS' : form.alias)]
  if (form.description !== '') words.push('--description', shellWord(form.description))
  words.push('--spec', form.spec, '--usage', usageOfForm(form))
  if (origin === 'external') words.push('--external')
  return words.join(' ')
}
