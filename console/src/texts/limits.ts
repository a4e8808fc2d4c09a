/** The limits that texts name, from the domain, formatted as both languages write numbers. */
import {
  grantNameLength,
  grantsPerKey,
  principalLength,
} from '../../../src/domain/access/grants.ts'
import { aliasesPerKey } from '../../../src/domain/keys/aliases.ts'
import { findingDays } from '../../../src/domain/keys/findings.ts'
import { tagNameLength, tagsPerKey, tagValueLength } from '../../../src/domain/keys/tags.ts'
import {
  aliasBytes,
  dataKeyBytes,
  deletionDays,
  descriptionBytes,
  messageBytes,
  plaintextBytes,
} from '../../../src/domain/rules.ts'

const numbers = new Intl.NumberFormat('en')
const text = (limit: number): string => numbers.format(limit)

export const limits = {
  alias: text(aliasBytes),
  aliases: text(aliasesPerKey),
  dataKeyBits: { min: text(dataKeyBytes.min * 8), max: text(dataKeyBytes.max * 8) },
  dataKeyBytes: { min: text(dataKeyBytes.min), max: text(dataKeyBytes.max) },
  deletionDays: { min: text(deletionDays.min), max: text(deletionDays.max) },
  description: text(descriptionBytes),
  failedDays: text(findingDays.missing),
  grantName: text(grantNameLength),
  grants: text(grantsPerKey),
  message: text(messageBytes),
  plaintext: text(plaintextBytes),
  principal: text(principalLength),
  tagName: text(tagNameLength),
  tags: text(tagsPerKey),
  tagValue: text(tagValueLength),
  timelineDays: text(findingDays.ahead),
  unusedDays: text(findingDays.unused),
} as const
