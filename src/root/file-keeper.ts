/**
 * A slot whose private key is in a file, created on the first start. A copy of the file opens the
 * root, as README says.
 */
import { labels } from '../crypto/formats/labels.ts'
import { secretCopy } from '../domain/material/secret-bytes.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { removeSecondName, writeNewFile } from '../ports/new-files.ts'
import { FileNotPrivate, readPrivateFile } from '../ports/private-file.ts'
import { RootUnavailable, type SlotKeeper, type SlotKeyPair } from '../ports/root.ts'
import { systemCode } from '../ports/system-reason.ts'
import { hpke } from './slots.ts'

const privateKeyBytes = 32

export class FileKeeper implements SlotKeeper {
  readonly kind = 'file'
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async create(): Promise<SlotKeyPair & { parameters: null }> {
    const found = await this.#read()
    if (found !== undefined) {
      // A start that was interrupted here may have left a second name for the file: an operator who
      // moves the key away expects no other copy.
      removeSecondName(this.#path)
      return { ...found, parameters: null }
    }
    const pair = await hpke.GenerateKeyPair(true)
    const privateKey = await hpke.SerializePrivateKey(pair.privateKey)
    using content = Wiped.of(Buffer.concat([labels.rootSlotKeyFile, privateKey]))
    writeNewFile(this.#path, content.bytes)
    return {
      privateKey,
      publicKey: await hpke.SerializePublicKey(pair.publicKey),
      parameters: null,
    }
  }

  async recover(): Promise<SlotKeyPair> {
    const found = await this.#read()
    if (found === undefined) {
      throw new RootUnavailable(
        `the root key file ${this.#path} is missing; restore it, or give its location with --root file:PATH; nothing was changed`,
      )
    }
    return found
  }

  async #read(): Promise<SlotKeyPair | undefined> {
    using content = Wiped.of(this.#content())
    if (content.bytes === undefined) return undefined
    const head = labels.rootSlotKeyFile
    if (
      content.bytes.length !== head.length + privateKeyBytes ||
      Buffer.compare(content.bytes.subarray(0, head.length), head) !== 0
    ) {
      throw new RootUnavailable(
        `${this.#path} is not a Holdfast root key file, or it is damaged; nothing was changed`,
      )
    }
    const privateKey = secretCopy(content.bytes.subarray(head.length))
    const key = await hpke.DeserializePrivateKey(privateKey, true)
    return { privateKey, publicKey: await publicKeyOf(key) }
  }

  /** @returns undefined if there is no file. */
  #content(): Buffer | undefined {
    try {
      return readPrivateFile(this.#path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      if (error instanceof FileNotPrivate) throw error
      throw new RootUnavailable(
        `the root key file ${this.#path} cannot be read: ${(error as Error).message}`,
        { cause: error },
      )
    }
  }
}

/** X25519 of the private key and the base point. WebCrypto computes it when it exports a JWK. */
async function publicKeyOf(
  privateKey: Awaited<ReturnType<typeof hpke.DeserializePrivateKey>>,
): Promise<Uint8Array> {
  const { x } = await crypto.subtle.exportKey('jwk', privateKey as CryptoKey)
  return Buffer.from(x as string, 'base64url')
}
