/** The commands that there are, out of the completion script that the command prints of itself. */

/**
 * @returns each command that does something, with its flags: `key alias add` -> `--credentials`,
 * ...
 */
export function commandsOf(script: string): ReadonlyMap<string, readonly string[]> {
  const all = [...script.matchAll(/^ +'([^']+)'\) next='([^']*)' ;;$/gm)].map(
    ([, path = '', next = '']) => ({
      path,
      next: next.split(' '),
    }),
  )
  const leaves = all.filter(({ next }) => next.every((word) => word.startsWith('--')))
  return new Map(leaves.map(({ path, next }) => [path, next.filter((flag) => flag !== '--help')]))
}
