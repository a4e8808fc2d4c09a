/** How long test files took, added up by folder: where the time of a run goes. */
export type FileTime = { readonly file: string; readonly ms: number }

/**
 * @param times of files by their path from the root; a file that ran several times has several.
 * @returns a line for each folder of test/, the longest first, and one for each of the ten longest
 * files.
 */
export function timeLines(times: readonly FileTime[]): readonly string[] {
  const folders = Map.groupBy(times, ({ file }) => file.split('/').slice(0, 2).join('/'))
  const ofFolders = [...folders]
    .map(([name, files]) => ({ name, files, ms: files.reduce((sum, { ms }) => sum + ms, 0) }))
    .toSorted((a, b) => b.ms - a.ms)
    .map(({ name, files, ms }) => `time: ${name}: ${seconds(ms)} in ${files.length} files`)
  const ofFiles = times
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 10)
    .map(({ file, ms }) => `time: ${file}: ${seconds(ms)}`)
  return [...ofFolders, ...ofFiles]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
