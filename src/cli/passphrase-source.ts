/**
 * Where a passphrase comes from: a file (a systemd credential, say) or the terminal. Never an
 * argument, never the environment.
 */
import { Secret } from '../crypto/secret.ts'
import { secretCopy } from '../domain/material/secret-bytes.ts'
import { endOfLine, passphraseIn, SecretTextRefused } from '../domain/material/secret-text.ts'
import { CliFailure } from './failure.ts'
import { readSecretFile, readSecretText } from './files.ts'
import { TypedLine } from './typed-line.ts'

/** The one line of a file. @throws CliFailure. */
export function passphraseFromFile(path: string): Secret {
  return readSecretText(path, (content) => Secret.own(secretCopy(passphraseIn(content))))
}

/**
 * What releases before took for the passphrase of a file, where that is something else: all of its
 * bytes but the line break at their end, in whatever encoding, with a byte order mark. Only to open
 * what was closed with it. @throws CliFailure.
 */
export function earlierPassphraseFromFile(path: string): Secret | undefined {
  const content = readSecretFile(path)
  const bytes = content.subarray(0, endOfLine(content))
  try {
    return isSame(bytes, content) || bytes.length === 0 ? undefined : Secret.own(secretCopy(bytes))
  } finally {
    content.fill(0)
  }
}

function isSame(bytes: Uint8Array, content: Uint8Array): boolean {
  try {
    return passphraseIn(content).length === bytes.length
  } catch (error) {
    if (error instanceof SecretTextRefused) return false
    throw error
  }
}

/**
 * Asks on the terminal without showing what is typed; for a new passphrase twice, since a slip
 * would lock its owner out.
 * @param what it opens, as in `Root passphrase`. @throws CliFailure where there is no terminal, and
 * when the two differ.
 */
export async function passphraseFromTerminal(what: string, isNew: boolean): Promise<Secret> {
  if (!process.stdin.isTTY)
    throw new CliFailure(
      'refused',
      'no terminal is attached to ask for the passphrase: name its file with --passphrase-file',
    )
  const typed = await ask(isNew ? `New ${what.toLowerCase()}: ` : `${what}: `)
  if (!isNew) return typed
  using again = await ask('The same again: ')
  if (typed.use((one) => again.use((other) => Buffer.compare(one, other) === 0))) return typed
  typed.wipe()
  throw new CliFailure('refused', 'the two passphrases differ; nothing was made')
}

/** One line typed in raw mode, so that the terminal neither shows nor keeps it. */
function ask(question: string): Promise<Secret> {
  const { stdin, stderr } = process
  const line = new TypedLine()
  stderr.write(question)
  stdin.setRawMode(true)
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stdin.off('data', onData)
      stdin.off('end', onEnd)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      settle()
      line.wipe()
    }
    const onEnd = (): void => end(() => reject(notGiven('cancelled')))
    const onData = (chunk: Buffer): void => {
      const state = line.type(chunk)
      chunk.fill(0)
      if (state === 'entered') end(() => settleEntered(line, resolve, reject))
      else if (state !== 'open') end(() => reject(notGiven(state)))
    }
    stdin.on('data', onData)
    stdin.on('end', onEnd)
    stdin.resume()
  })
}

function settleEntered(
  line: TypedLine,
  resolve: (secret: Secret) => void,
  reject: (error: CliFailure) => void,
): void {
  try {
    resolve(Secret.own(secretCopy(passphraseIn(line.bytes))))
  } catch (error) {
    if (!(error instanceof SecretTextRefused)) throw error
    // What begins like UTF-16 is a terminal's Latin text: it held no 0.
    reject(notGiven(error.fault === 'utf-16' ? 'not-utf-8' : error.fault, error))
  }
}

const reasons = {
  cancelled: 'no passphrase was given',
  empty: 'no passphrase was given: the line is empty',
  'several-lines': 'several lines were pasted, and a passphrase is one line; paste only that line',
  'too-long': 'what was typed is longer than any passphrase; was something else pasted?',
  'control-character':
    'what was pasted holds a control character, which nobody can type; remove it',
  'not-utf-8':
    'the terminal sent text that is not UTF-8; set its encoding to UTF-8, or name a file with --passphrase-file',
} as const

function notGiven(why: keyof typeof reasons, cause?: unknown): CliFailure {
  return new CliFailure('refused', reasons[why], { cause })
}
