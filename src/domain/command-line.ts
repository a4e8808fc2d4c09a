/**
 * How the command line is called where a text shows a command to be typed: as docs/cli.md says, in
 * a clone.
 */

export const commandLine = 'node bin/holdfast.js'

/**
 * Characters of a line of a command that is shown: as many as the narrowest panel of the console
 * holds on a wide screen.
 */
const lineLength = 57

/**
 * A command of a POSIX shell in lines that end with a backslash where it goes on.
 * @param words what stays on one line each, such as an option with its value; quoted where the
 * shell wants it.
 */
export function commandOf(...words: readonly string[]): string {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`
    // Two more for the backslash and the blank before it.
    if (line !== '' && longer.length + 2 > lineLength) {
      lines.push(line)
      line = `  ${word}`
    } else line = longer
  }
  return [...lines, line].join(' \\\n')
}
