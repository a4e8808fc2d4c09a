/** Loads files of the project with additions, for a made-up release that a test runs. */
import { registerHooks } from 'node:module'

/** End of a file's address, the first text in it before which something is added, and that. */
export type Edit = readonly [file: string, before: string, added: string]

/** @throws Error while a file is loaded that does not contain the text. */
export function editSources(edits: readonly Edit[]): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const own = edits.filter(([file]) => url.endsWith(file))
      if (own.length === 0) return loaded
      const source = own.reduce((text, [file, before, added]) => {
        const at = text.indexOf(before)
        if (at === -1) throw new Error(`${file} does not contain: ${before}`)
        return text.slice(0, at) + added + text.slice(at)
      }, String(loaded.source))
      return { ...loaded, source }
    },
  })
}
