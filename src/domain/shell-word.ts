/** Quoting of words in commands that a person copies, for every message that shows one. */

/** A POSIX shell word that means exactly this text. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * A command whose files only their owner may read, regardless of the shell's umask: what it writes
 * is a secret.
 */
export function forOwnerAlone(command: string): string {
  return `(umask 077 && ${command})`
}
