/** How long test files took, added up by folder: where the time of a run goes. */
import { relative, sep } from 'node:path'

type Seen = { readonly first: number; last: number }

export class FileTimes {
  readonly #root: string
  readonly #running = new Map<string, Seen>()
  readonly #done: (readonly [file: string, ms: number])[] = []

  /** @param root the folder that paths are shown from. */
  constructor(root: string) {
    this.#root = root
  }

  /** Something of the file began or ended. */
  saw(file: string): void {
    const now = performance.now()
    const seen = this.#running.get(file)
    if (seen === undefined) this.#running.set(file, { first: now, last: now })
    else seen.last = now
  }

  /** A run of files ended: the next may run some of them once more. */
  end(): void {
    for (const [file, { first, last }] of this.#running)
      this.#done.push([relative(this.#root, file).split(sep).join('/'), last - first])
    this.#running.clear()
  }

  /**
   * @returns a line for each folder of test/, the longest first, and one for each of the ten
   * longest files.
   */
  lines(): readonly string[] {
    const groups = new Map<string, { files: number; ms: number }>()
    for (const [file, ms] of this.#done) {
      const name = file.split('/').slice(0, 2).join('/')
      const group = groups.get(name) ?? { files: 0, ms: 0 }
      groups.set(name, { files: group.files + 1, ms: group.ms + ms })
    }
    const ofGroups = [...groups]
      .toSorted(([, a], [, b]) => b.ms - a.ms)
      .map(([name, { files, ms }]) => `time: ${name}: ${seconds(ms)} in ${files} files`)
    const ofFiles = this.#done
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 10)
      .map(([file, ms]) => `time: ${file}: ${seconds(ms)}`)
    return [...ofGroups, ...ofFiles]
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
