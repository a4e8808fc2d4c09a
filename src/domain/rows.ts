/**
 * What is remembered, table by table and column for column. This one description gives the TypeScript type of a row, the
 * columns a store keeps and the columns its MAC covers, so that no column can be kept without being covered.
 */

type ColumnType = 'text' | 'int' | 'bytes'
type Column = {
  readonly type: ColumnType
  readonly nullable: boolean
  /** Layout of its table in which the column came; it is null in rows that were written before. */
  readonly since?: number
}
type Columns = Readonly<Record<string, Column>>

type ValueOf<C extends Column> =
  | (C['type'] extends 'text' ? string : C['type'] extends 'int' ? number : Uint8Array)
  | (C['nullable'] extends true ? null : never)

const text = { type: 'text', nullable: false } as const
const int = { type: 'int', nullable: false } as const
const bytes = { type: 'bytes', nullable: false } as const
const textOrNull = { type: 'text', nullable: true } as const
const intOrNull = { type: 'int', nullable: true } as const
const bytesOrNull = { type: 'bytes', nullable: true } as const
const since2 = { since: 2 } as const
const since3 = { since: 3 } as const

/** Every table whose rows carry a MAC. Times are milliseconds since 1970; flags are 0 or 1; `id` is the primary key. */
export const tables = {
  /** The one row that says what deployment this is. */
  deployments: { id: text, createdAt: int, rootGeneration: int, sealedRowMacKey: bytes },
  /** Ways to open the root key. */
  rootSlots: {
    id: text,
    kind: text,
    generation: int,
    publicKey: bytes,
    encapsulatedKey: bytes,
    sealedRoot: bytes,
    parameters: textOrNull,
    createdAt: int,
  },
  projects: {
    id: text,
    name: text,
    domainId: text,
    accountId: text,
    region: text,
    rootGeneration: int,
    sealedProjectKey: bytes,
    sealedAssociationKey: bytes,
    sealedRowMacKey: bytes,
    createdAt: int,
  },
  users: {
    id: text,
    projectId: text,
    name: text,
    /** Empty once the hash is sealed. */
    passwordHash: text,
    passwordIsInitial: int,
    role: text,
    disabled: int,
    createdAt: int,
    /** Null in rows whose hash is in the clear still. */
    sealedPasswordHash: { ...bytesOrNull, ...since2 },
  },
  accessKeys: { id: text, userId: text, projectId: text, sealedSecret: bytes, disabled: int, createdAt: int },
  keys: {
    id: text,
    projectId: text,
    /** Position in listings: unique in the project, later keys higher. */
    listNumber: int,
    alias: textOrNull,
    description: textOrNull,
    spec: text,
    usage: text,
    origin: text,
    disabled: int,
    deletionAt: intOrNull,
    /** Version that encrypts; null while the key has no material. */
    materialVersion: intOrNull,
    materialExpiresAt: intOrNull,
    /** Digests of this key's rows in keyVersions, so that none can be swapped, added or taken away. */
    versionsDigest: bytes,
    /** Ties the key to its first material for ever; unique in the deployment, so no private key is held twice. */
    association: bytesOrNull,
    checkValue: textOrNull,
    importedAt: intOrNull,
    createdAt: int,
    /** Set when the key ended: the row is a tombstone then and answers as unknown. */
    deletedAt: intOrNull,
    /** DER SubjectPublicKeyInfo of an asymmetric key that has its material. */
    publicKey: { ...bytesOrNull, ...since2 },
    /** Days between automatic rotations; null while they are off. */
    rotationDays: { ...intOrNull, ...since2 },
    nextRotationAt: { ...intOrNull, ...since2 },
    /** When a backup was last proved to hold this key's material, and who proved it. */
    drilledAt: { ...intOrNull, ...since3 },
    drilledBy: { ...textOrNull, ...since3 },
    /** Where the owner says that the backup is. */
    backupPlace: { ...textOrNull, ...since3 },
    /** The key that this one is to take over from. */
    succeeds: { ...textOrNull, ...since3 },
  },
  keyVersions: { id: text, keyId: text, projectId: text, version: int, sealedMaterial: bytes, createdAt: int },
  importTokens: {
    id: text,
    keyId: text,
    projectId: text,
    wrappingAlgorithm: text,
    /** Null once the token is used up. */
    sealedPrivateKey: bytesOrNull,
    /** Digest of the request that used the token up: the same request again gets the same answer. */
    consumedBy: bytesOrNull,
    failedAttempts: int,
    createdAt: int,
    expiresAt: int,
    /** Null for an import; `drill` for what is compared and never kept. */
    purpose: { ...textOrNull, ...since2 },
  },
  /** Tags of keys; `id` is the key's ID, a slash, and the name. */
  keyTags: { id: text, keyId: text, projectId: text, name: text, value: text, createdAt: int },
  /** Names that point at keys; `id` is the project's ID, a slash, and the name, which is so unique in its project. */
  keyAliases: { id: text, keyId: text, projectId: text, name: text, createdAt: int, updatedAt: int },
  /** Who may do what with a key beside the roles of its project: domain/grants.ts. */
  keyGrants: {
    id: text,
    keyId: text,
    projectId: text,
    name: textOrNull,
    grantee: text,
    granteeType: text,
    /** JSON of a list of names, always in the same order. */
    operations: text,
    /** Who may retire it beside issuer and grantee. */
    retiring: textOrNull,
    issuing: text,
    /** The grant out of which the issuer passed this one on; null where a role let them. */
    parentId: textOrNull,
    createdAt: int,
  },
  /** The grants of a key as a whole; its ID is the key's. Every change of a grant is one of this row. */
  grantLists: {
    id: text,
    projectId: text,
    /** Digest of the key's rows in keyGrants, so that none can be brought back, added or taken away. */
    grantsDigest: bytes,
  },
  /** How far somebody got with an import, and what they chose that is no secret. One for a key; its ID is the key's. */
  importDrafts: { id: text, projectId: text, userId: text, step: text, choices: text, updatedAt: int },
  /** Signed-in consoles. */
  sessions: { id: text, userId: text, projectId: text, source: text, agent: text, createdAt: int, expiresAt: int },
  /** Failed sign-ins by user, address block, or both, named by digests: a user's, a slash, and a block's where it is both. */
  signInFailures: { id: text, count: int, until: int, lastAt: int },
  /** Address blocks from which users signed in: a digest of the user, a slash, and one of the block. */
  provenPlaces: { id: text, lastAt: int },
  /** How far the log has been read into the figures below. */
  readings: { id: text, position: int, timeMs: int },
  /** What stretches of the log hold, so that a search can pass over those that hold nothing of what it looks for. */
  auditStretches: {
    id: text,
    firstIndex: int,
    firstTime: int,
    lastTime: int,
    /** First 8 bytes of each key's ID, one after the other. */
    keys: bytes,
    /** JSON of the lists of projects, principals, operations and outcomes. */
    terms: text,
  },
  /** Calls of a project in a stretch of time, by operation and outcome. */
  callCounts: { id: text, projectId: text, widthMs: int, startsAt: int, keptUntil: int, counts: text },
  /** What was last done with a key, and how often of late. */
  keyUses: {
    id: text,
    projectId: text,
    lastUsedAt: intOrNull,
    lastOperation: textOrNull,
    lastPrincipal: textOrNull,
    /** Calls of the last days that `recent` has, allowed or refused. */
    recentCalls: int,
    /** JSON of recent hours, days and callers. */
    recent: text,
  },
  /** Head of the audit log and the time floor, written with every group of records. */
  ledgers: { id: text, nodeSequence: int, treeSize: int, treeRoot: bytes, frontier: bytes, timeFloor: int },
} as const satisfies Readonly<Record<string, Columns>>

export type TableName = keyof typeof tables
export const tableNames = Object.keys(tables) as TableName[]

/** Layout in which a column of a table came. */
export function columnSince(table: TableName, field: string): number {
  const columns: Columns = tables[table]
  return columns[field]?.since ?? 1
}

/** Layout number of a table's rows; a row keeps the number it was written with, and its MAC covers that layout's columns. */
export function rowSchemaVersion(table: TableName): number {
  return Math.max(...Object.keys(tables[table]).map((field) => columnSince(table, field)))
}

/** Columns that every row has beside its own: revision counts up from 1 with each change. */
export type RowFrame = { readonly revision: number; readonly schemaVersion: number; readonly mac: Uint8Array }

export type RowValues<T extends TableName> = { readonly [C in keyof (typeof tables)[T]]: ValueOf<(typeof tables)[T][C] & Column> }
export type Row<T extends TableName> = RowValues<T> & RowFrame

export type KeyRow = Row<'keys'>
export type KeyVersionRow = Row<'keyVersions'>
export type ImportTokenRow = Row<'importTokens'>
export type ProjectRow = Row<'projects'>
export type UserRow = Row<'users'>
export type AccessKeyRow = Row<'accessKeys'>
export type DeploymentRow = Row<'deployments'>
export type RootSlotRow = Row<'rootSlots'>
export type LedgerRow = Row<'ledgers'>
export type SessionRow = Row<'sessions'>
export type KeyTagRow = Row<'keyTags'>
export type KeyAliasRow = Row<'keyAliases'>
export type KeyGrantRow = Row<'keyGrants'>
export type GrantListRow = Row<'grantLists'>
export type ImportDraftRow = Row<'importDrafts'>
export type KeyUseRow = Row<'keyUses'>
export type CallCountRow = Row<'callCounts'>
export type AuditStretchRow = Row<'auditStretches'>

/** Tables whose rows belong to a project and carry a MAC under that project's key; the others' key belongs to the deployment. */
export const projectTables = [
  'keys',
  'keyVersions',
  'importTokens',
  'importDrafts',
  'keyTags',
  'keyAliases',
  'keyGrants',
  'grantLists',
] as const
export type ProjectTable = (typeof projectTables)[number]

/**
 * Tables that the service keeps up by itself: what they hold follows from the log, or limits guessing. Their changes are no calls
 * and stand in no record.
 */
export const upkeepTables = [
  'signInFailures',
  'provenPlaces',
  'readings',
  'auditStretches',
  'callCounts',
  'keyUses',
] as const satisfies TableName[]

/** One change of one row. `expected` is the revision that must stand now, 0 for a row that must not be there. */
export type RowWrite = {
  readonly table: TableName
  readonly id: string
  readonly expected: number
  /** The row as it shall stand, or null to delete it. */
  readonly row: Row<TableName> | null
  /** Digest of `row` for the audit log; null when deleted. */
  readonly digest: Uint8Array | null
}

/** A row by name and the revision it was read at. */
export type RowReference = readonly [table: TableName, id: string, revision: number]

const columnNames = new Map<string, string>()

/** Column name of a field, the same in every store and in every MAC: `createdAt` is `created_at`. Tables and fields are few. */
export function columnName(field: string): string {
  let name = columnNames.get(field)
  if (name === undefined) {
    name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    columnNames.set(field, name)
  }
  return name
}
