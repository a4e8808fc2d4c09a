/**
 * A file that an owner has, the spec of the key it is offered to, and the verdict of the console
 * and the command line.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Encrypter } from 'age-encryption'
import type { Unread } from '../../src/custody/material/verdicts.ts'
import { type ToolName, tool } from '../tools.ts'

/**
 * A file encrypted with a passphrase is read with `passphrase`; for one with an extra line break at
 * its end, the reader asks.
 */
export type Verdict = 'read' | 'line-break' | Unread['reason']
type Content = Uint8Array | string
/** A file that needs a tool is created when its test runs. */
export type Row = readonly [
  what: string,
  spec: string,
  file: Content | (() => Content),
  verdict: Verdict,
  needs?: readonly ToolName[],
]

/** The passphrase of every file that has one. */
export const passphrase = 'open sesame'

export function contentOf([, , file]: Row): Content {
  return typeof file === 'function' ? file() : file
}

/** A backup that opens quickly: age's default work factor takes a second each time. */
export async function backupOf(content: Content, secret = passphrase): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(secret)
  encrypter.setScryptWorkFactor(2)
  return encrypter.encrypt(content)
}

/**
 * The output of a real program.
 * @param given written to the file IN beforehand.
 * @param args with the names IN and OUT.
 * @returns the file OUT if it was created, otherwise what the program printed.
 */
export function by(name: ToolName | 'bash', given: Content, ...args: readonly string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-made-'))
  try {
    writeFileSync(join(folder, 'IN'), given, { mode: 0o600 })
    const env = { ...process.env, GNUPGHOME: folder }
    const printed = execFileSync(name === 'bash' ? name : tool(name), args, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const out = join(folder, 'OUT')
    return existsSync(out) ? readFileSync(out) : printed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
