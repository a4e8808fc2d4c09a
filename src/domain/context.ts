/**
 * An encryption context: pairs of text that an encryption is bound to and that a decryption must
 * repeat. Order does not matter.
 */
export type EncryptionContext = ReadonlyArray<readonly [key: string, value: string]>

export const emptyContext: EncryptionContext = []
/** Longest encoded context, in bytes. */
export const contextBytesLimit = 8192
