/**
 * Numbered steps of the schema, forward only. A released step is never edited: later steps change
 * what it made.
 */
import type { Migration } from '../queries.ts'
import { firstTables } from './0001-first-tables.ts'
import { keyPairsAndRotation } from './0002-key-pairs-and-rotation.ts'
import { names } from './0003-names.ts'
import { figures } from './0004-figures.ts'
import { auditLeaves } from './0005-audit-leaves.ts'
import { consoleTables } from './0006-console.ts'
import { tags } from './0007-tags.ts'
import { aliases } from './0008-aliases.ts'
import { grants } from './0009-grants.ts'
import { listings } from './0010-listings.ts'
import { signIn } from './0012-sign-in.ts'
import { grantLists } from './0013-grant-lists.ts'
import { reads } from './0014-reads.ts'
import { sealedPasswords } from './0016-sealed-passwords.ts'
import { dueWork } from './0017-due-work.ts'
import { logGroups } from './0018-log-groups.ts'
import { logSegments } from './0019-log-segments.ts'
import { logsOfNodes } from './0020-logs-of-nodes.ts'

export const migrations: readonly Migration[] = [
  firstTables,
  keyPairsAndRotation,
  names,
  figures,
  auditLeaves,
  consoleTables,
  tags,
  aliases,
  grants,
  listings,
  signIn,
  grantLists,
  reads,
  sealedPasswords,
  dueWork,
  logGroups,
  logSegments,
  logsOfNodes,
]
