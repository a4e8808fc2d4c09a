/**
 * Why an age file cannot be opened or created: each fault with the sentence that the command line
 * and the console show.
 */

/**
 * Highest work factor of a passphrase that is accepted here: 2^20 steps of scrypt, in 1 GiB. age
 * itself accepts 22, in 4 GiB.
 */
export const mostWork = 20

/** Sentences by fault, with placeholders in braces. */
export const ageSentences = {
  empty: 'This file is empty.',
  'not-age': 'This is not an age file.',
  'utf-16':
    'This age file was saved as UTF-16, as PowerShell does with ">". Text in it can be saved as UTF-8; a binary file must be made again, with -o.',
  version: 'This age file has version {version}. Only v1 is supported here.',
  'line-breaks':
    'The line breaks of this age file were changed in transit, which destroyed it. Copy it again, in binary mode.',
  cut: 'This age file is cut off. Copy it again, or take another copy.',
  armor:
    'The text of this age file is damaged: a character was changed, added or lost. Take another copy.',
  header: 'The header of this age file is damaged. Take another copy.',
  content:
    'The content of this age file was changed or cut off after it was made. Take another copy.',
  work: 'This age file needs more work than allowed (factor {factor}; at most {most}). Open it with age itself.',
  ssh: 'This age file was made for SSH keys, which are not supported here. Open it with age itself.',
  plugin:
    'This age file was made for {types}, which only an age plugin can open. Open it with age itself.',
  'takes-passphrase': 'This age file was made with a passphrase. An identity does not open it.',
  'takes-identity':
    'This age file was made for recipients. A passphrase does not open it, but an identity (AGE-SECRET-KEY-1...) does.',
  passphrase:
    'This passphrase does not open the age file. If you are sure of it, the header of the file is damaged.',
  identity: 'This age file was made for other recipients: none of the given identities opens it.',
} as const satisfies Readonly<Record<string, string>>

export const identitySentences = {
  none: 'It holds no age identity (AGE-SECRET-KEY-1...).',
  'not-an-identity': 'Line {line} is not an age identity (AGE-SECRET-KEY-1...).',
  invalid: 'The identity in line {line} is damaged: a character is wrong, missing or too many.',
  recipient:
    'Line {line} holds a recipient, which only encrypts. Give the identity (AGE-SECRET-KEY-1...) that belongs to it.',
  ssh: 'An SSH key begins in line {line}. SSH keys are not supported here.',
  plugin: 'Line {line} holds a plugin identity, which only age itself can use.',
  sealed: 'This identity file is itself an age file. Decrypt it first, with age.',
} as const satisfies Readonly<Record<string, string>>

export const recipientSentences = {
  'not-a-recipient': '"{recipient}" is not an age recipient (age1...).',
  invalid: 'The recipient {recipient} is damaged: a character is wrong, missing or too many.',
  ssh: 'SSH recipients are not supported. Make an age identity, and give its recipient (age1...).',
  plugin:
    'The recipient {recipient} belongs to an age plugin. Files encrypted to it cannot be opened here.',
  identity:
    'This is an identity, which is secret and decrypts. Give the recipient (age1...) that belongs to it.',
  mixed:
    'A post-quantum recipient (age1pq1...) gives no protection together with an ordinary one. Give only one kind.',
} as const satisfies Readonly<Record<string, string>>

export type AgeFault = keyof typeof ageSentences
export type IdentityFault = keyof typeof identitySentences
export type RecipientFault = keyof typeof recipientSentences
type Values = Readonly<Record<string, string | number>>

function filled(sentence: string, values: Values): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
}

/** A backup cannot be opened. The message is the sentence of the fault, filled in. */
export class BackupUnreadable extends Error {
  readonly fault: AgeFault
  readonly values: Values

  constructor(fault: AgeFault, values: Values = {}, options?: ErrorOptions) {
    super(filled(ageSentences[fault], values), options)
    this.fault = fault
    this.values = values
  }
}

/** A text does not consist of age identities. The message quotes no part of it. */
export class IdentityRefused extends Error {
  readonly fault: IdentityFault
  readonly values: Values

  constructor(fault: IdentityFault, values: Values = {}) {
    super(filled(identitySentences[fault], values))
    this.fault = fault
    this.values = values
  }
}

export class RecipientRefused extends Error {
  readonly fault: RecipientFault

  constructor(fault: RecipientFault, values: Values = {}) {
    super(filled(recipientSentences[fault], values))
    this.fault = fault
  }
}
