/** Where a passphrase comes from: a file (a systemd credential, say) or the terminal. Never an argument, never the environment. */
import { readFileSync } from 'node:fs'
import { Secret } from '../crypto/secret.ts'
import { CliFailure } from './failure.ts'

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
    throw new CliFailure('refused', `the passphrase file ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  let end = content.length
  if (content[end - 1] === lineFeed) end--
  if (content[end - 1] === carriageReturn) end--
  const secret = Secret.move(content.subarray(0, end))
  content.fill(0)
  return secret
}

/**
 * Asks on the terminal without showing what is typed; for a new passphrase twice, since a slip would lock its owner out.
 * @param what it opens, as in `Root passphrase`. @throws CliFailure where there is no terminal, and when the two differ.
 */
export async function passphraseFromTerminal(what: string, isNew: boolean): Promise<Secret> {
  if (!process.stdin.isTTY)
    throw new CliFailure('refused', 'there is no terminal to ask for the passphrase: name its file with --passphrase-file')
  const typed = await ask(isNew ? `New ${what.toLowerCase()}: ` : `${what}: `)
  if (!isNew) return typed
  using again = await ask('The same once more: ')
  if (typed.use((one) => again.use((other) => Buffer.compare(one, other) === 0))) return typed
  typed.wipe()
  throw new CliFailure('refused', 'the two passphrases differ; nothing was made')
}

/** One line typed in raw mode, so that the terminal neither shows nor keeps it. */
function ask(question: string): Promise<Secret> {
  const { stdin, stderr } = process
  const line = new Uint8Array(longest)
  let length = 0
  stderr.write(question)
  stdin.setRawMode(true)
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stdin.off('data', onData)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      settle()
      line.fill(0)
    }
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === interrupt) return end(() => reject(new CliFailure('refused', 'no passphrase was given')))
        if (byte === lineFeed || byte === carriageReturn) {
          chunk.fill(0)
          return end(() => resolve(Secret.move(line.subarray(0, length))))
        }
        if (backspaces.has(byte)) length = Math.max(0, length - 1)
        else if (length < longest) line[length++] = byte
      }
      chunk.fill(0)
    }
    stdin.on('data', onData)
    stdin.resume()
  })
}
