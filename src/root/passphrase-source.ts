/** Where a passphrase comes from: a file (a systemd credential, say) or the terminal. Never an argument, never the environment. */
import { readFileSync } from 'node:fs'
import { Secret } from '../crypto/secret.ts'
import { RootUnavailable } from '../ports/root.ts'

const lineFeed = 10
const carriageReturn = 13
const interrupt = 3
const backspaces: ReadonlySet<number> = new Set([8, 127])
const longest = 1024

/** Content of a file without the line break at its end. */
export function passphraseFromFile(path: string): Secret {
  let content: Buffer
  try {
    content = readFileSync(path)
  } catch (error) {
    throw new RootUnavailable(`the passphrase file ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  let end = content.length
  if (content[end - 1] === lineFeed) end--
  if (content[end - 1] === carriageReturn) end--
  const secret = Secret.move(content.subarray(0, end))
  content.fill(0)
  return secret
}

/** Asks on the terminal without showing what is typed. @throws RootUnavailable where there is no terminal. */
export async function passphraseFromTerminal(question: string): Promise<Secret> {
  const { stdin, stderr } = process
  if (!stdin.isTTY)
    throw new RootUnavailable('there is no terminal to ask for the passphrase: name its file with --passphrase-file')
  stderr.write(question)
  stdin.setRawMode(true)
  const typed = new Uint8Array(longest)
  let length = 0
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      for (const byte of chunk) {
        if (byte === interrupt) throw new RootUnavailable('no passphrase was given')
        if (byte === lineFeed || byte === carriageReturn) {
          chunk.fill(0)
          return Secret.move(typed.subarray(0, length))
        }
        if (backspaces.has(byte)) length = Math.max(0, length - 1)
        else if (length < longest) typed[length++] = byte
      }
      chunk.fill(0)
    }
    throw new RootUnavailable('no passphrase was given')
  } finally {
    typed.fill(0)
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
