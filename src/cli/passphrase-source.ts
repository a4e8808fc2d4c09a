/**
 * Reads a passphrase from a file (such as a systemd credential) or the terminal, never from an
 * argument or the environment.
 */
import { Secret } from '../crypto/secret.ts'
import { secretCopy } from '../domain/material/secret-bytes.ts'
import { endOfLine, passphraseIn, SecretTextRefused } from '../domain/material/secret-text.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { CliFailure } from './failure.ts'
import { readSecretFile, readSecretText } from './files.ts'
import { TypedLine } from './typed-line.ts'

/**
 * The single line of a file.
 * @throws CliFailure.
 */
export function passphraseFromFile(path: string): Secret {
  return readSecretText(path, (content) => Secret.own(secretCopy(passphraseIn(content))))
}

/**
 * The passphrase that earlier releases read from a file, if it differs: all of its bytes except for
 * the line break at the end, in any encoding, including a byte order mark. Only for opening what
 * was closed with it.
 * @throws CliFailure.
 */
export function earlierPassphraseFromFile(path: string): Secret | undefined {
  using file = Wiped.of(readSecretFile(path))
  const content = file.bytes
  const bytes = content.subarray(0, endOfLine(content))
  return isSame(bytes, content) || bytes.length === 0 ? undefined : Secret.own(secretCopy(bytes))
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
 * Prompts on the terminal without echo; twice for a new passphrase, since a typing error would lock
 * its owner out.
 * @param what it opens, as in `Root passphrase`.
 * @throws CliFailure if there is no terminal, or if the two entries differ.
 */
export async function passphraseFromTerminal(what: string, isNew: boolean): Promise<Secret> {
  if (!process.stdin.isTTY)
    throw new CliFailure(
      'refused',
      'no terminal is attached to prompt for the passphrase; use --passphrase-file',
    )
  using given = new DisposableStack()
  const typed = given.use(await ask(isNew ? `New ${what.toLowerCase()}: ` : `${what}: `))
  if (isNew) {
    using again = await ask('Repeat it: ')
    if (!typed.use((one) => again.use((other) => Buffer.compare(one, other) === 0)))
      throw new CliFailure('refused', 'the two passphrases differ; nothing was created')
  }
  // The caller wipes it.
  given.move()
  return typed
}

/** Reads one line in raw mode, so that the terminal neither shows nor stores it. */
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
      try {
        settle()
      } finally {
        line.wipe()
      }
    }
    const onEnd = (): void => end(() => reject(notGiven('cancelled')))
    const onData = (chunk: Buffer): void => {
      using typed = Wiped.of(chunk)
      const state = line.type(typed.bytes)
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
    // Input that begins like UTF-16 is Latin text from the terminal: it contains no NUL.
    reject(notGiven(error.fault === 'utf-16' ? 'not-utf-8' : error.fault, error))
  }
}

const reasons = {
  cancelled: 'no passphrase was given',
  empty: 'no passphrase was given: the line is empty',
  'several-lines': 'several lines were pasted, but a passphrase is one line; paste only that line',
  'too-long': 'the input is longer than any passphrase; was something else pasted?',
  'control-character':
    'the pasted text contains a control character, which cannot be typed; remove it',
  'not-utf-8':
    'the terminal sent text that is not UTF-8; set its encoding to UTF-8, or use --passphrase-file',
} as const

function notGiven(why: keyof typeof reasons, cause?: unknown): CliFailure {
  return new CliFailure('refused', reasons[why], { cause })
}
