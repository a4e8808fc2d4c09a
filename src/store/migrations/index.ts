/**
 * Numbered steps of the schema, forward only. A released step is never edited: later steps change
 * what it made.
 */
import { addition, alone, type Step } from '../steps.ts'
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
import { levels } from './0021-levels.ts'

export const migrations: readonly Step[] = [
  alone(firstTables),
  alone(keyPairsAndRotation),
  alone(names),
  alone(figures),
  alone(auditLeaves),
  alone(consoleTables),
  alone(tags),
  alone(aliases),
  alone(grants),
  alone(listings),
  alone(signIn),
  alone(grantLists),
  alone(reads),
  alone(sealedPasswords),
  alone(dueWork),
  alone(logGroups),
  alone(logSegments),
  alone(logsOfNodes),
  addition(levels),
]
