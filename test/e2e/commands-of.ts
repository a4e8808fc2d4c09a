/** The commands that exist, from the completion script that the command line prints. */

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
