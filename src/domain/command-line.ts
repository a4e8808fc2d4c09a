/**
 * How the command line is invoked in texts that show a command to type: as in docs/cli.md, from a
 * clone.
 */

export const commandLine = 'node bin/holdfast.js'

/**
 * Maximum characters in a line of a displayed command: what the narrowest panel of the console
 * holds on a wide screen.
 */
const lineLength = 57

/**
 * A POSIX shell command, split into lines that end with a backslash where it continues.
 * @param words what stays on one line each, such as an option with its value; quoted where the
 * shell requires it.
 */
export function commandOf(...words: readonly string[]): string {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`
    // Two more for the backslash and the space before it.
    if (line !== '' && longer.length + 2 > lineLength) {
      lines.push(line)
      line = `  ${word}`
    } else line = longer
  }
  return [...lines, line].join(' \\\n')
}
