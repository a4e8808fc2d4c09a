/** Words in commands that a person copies, for every message that shows one. */

/** A word of a POSIX shell that means exactly this text. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * A command whose files nobody but their owner may read, whatever the shell has set: what it writes
 * is a secret.
 */
export function forOwnerAlone(command: string): string {
  return `(umask 077 && ${command})`
}
