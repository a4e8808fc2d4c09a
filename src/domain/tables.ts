/**
 * Every table, declared once: its columns, who owns it, what its rows are part of, where it holds
 * secrets, and whether the log records its changes. Row types, a store's statements, row MACs, what
 * ends with a key and what is cleaned up after an erasure are derived from here, so that no column
 * is stored without being covered and no table is forgotten.
 */

type ColumnType = 'text' | 'int' | 'bytes'
export type Column = {
  readonly type: ColumnType
  readonly nullable: boolean
  /** It holds a secret, sealed or hashed: deleted values must become unreadable in the files. */
  readonly secret?: true
  /** Layout of its table that added the column; it is null in rows written before. */
  readonly since?: number
  /** Levels from which some values are written (levels.ts), which not every node may know. */
  readonly valuesFrom?: Readonly<Record<string, number>>
}
type Columns = Readonly<Record<string, Column>>

type Table = {
  /**
   * Whose key makes the MAC of its rows: the key of the project that `projectId` names, or the
   * deployment's.
   */
  readonly of: 'project' | 'deployment'
  /**
   * The column that holds the ID of the key that a row is part of. Such rows are deleted when their
   * key ends.
   */
  readonly partOfKeyBy?: 'id' | 'keyId'
  /**
   * Maintained by the service on its own, from the log or to limit guessing, and the head of the
   * log: no record contains its changes.
   */
  readonly unrecorded?: true
  /** Layout of its rows, if a later one changed the meaning of a column. */
  readonly layout?: number
  /**
   * Levels from which rows of a layout are written (levels.ts), for layouts that not every node of
   * a deployment may know. A table that is new has its first layout here.
   */
  readonly writtenFrom?: Readonly<Record<number, number>>
  readonly columns: Columns
}

const text = { type: 'text', nullable: false } as const
const int = { type: 'int', nullable: false } as const
const bytes = { type: 'bytes', nullable: false } as const
const textOrNull = { type: 'text', nullable: true } as const
const intOrNull = { type: 'int', nullable: true } as const
const bytesOrNull = { type: 'bytes', nullable: true } as const
const sealed = { ...bytes, secret: true } as const
const sealedOrNull = { ...bytesOrNull, secret: true } as const
const secretText = { ...text, secret: true } as const
const since2 = { since: 2 } as const
const since3 = { since: 3 } as const

/**
 * Every table whose rows carry a MAC. Times are milliseconds since 1970; flags are 0 or 1; `id` is
 * the primary key.
 */
const tables = {
  /** The one row that identifies this deployment. */
  deployments: {
    of: 'deployment',
    columns: { id: text, createdAt: int, rootGeneration: int, sealedRowMacKey: sealed },
  },
  /** Ways to open the root key. */
  rootSlots: {
    of: 'deployment',
    columns: {
      id: text,
      kind: text,
      generation: int,
      publicKey: bytes,
      encapsulatedKey: bytes,
      sealedRoot: sealed,
      parameters: textOrNull,
      createdAt: int,
    },
  },
  projects: {
    of: 'deployment',
    columns: {
      id: text,
      name: text,
      domainId: text,
      accountId: text,
      region: text,
      rootGeneration: int,
      sealedProjectKey: sealed,
      sealedAssociationKey: sealed,
      sealedRowMacKey: sealed,
      createdAt: int,
    },
  },
  users: {
    of: 'deployment',
    columns: {
      id: text,
      projectId: text,
      name: text,
      /** Empty once the hash is sealed. */
      passwordHash: secretText,
      passwordIsInitial: int,
      role: text,
      disabled: int,
      createdAt: int,
      /** Null in rows whose hash is still in plaintext. */
      sealedPasswordHash: { ...sealedOrNull, ...since2 },
    },
  },
  accessKeys: {
    of: 'deployment',
    columns: {
      id: text,
      userId: text,
      projectId: text,
      sealedSecret: sealed,
      disabled: int,
      createdAt: int,
    },
  },
  keys: {
    of: 'project',
    columns: {
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
      /**
       * Digest of this key's rows in keyVersions, so that none can be swapped, added or removed.
       */
      versionsDigest: bytes,
      /**
       * Binds the key permanently to its first material; unique in the deployment, so no two keys
       * hold the same private key.
       */
      association: bytesOrNull,
      checkValue: textOrNull,
      importedAt: intOrNull,
      createdAt: int,
      /** Set when the key ended: the row is then a tombstone and treated as unknown. */
      deletedAt: intOrNull,
      /** DER SubjectPublicKeyInfo of an asymmetric key that has its material. */
      publicKey: { ...bytesOrNull, ...since2 },
      /** Days between automatic rotations; null while they are off. */
      rotationDays: { ...intOrNull, ...since2 },
      nextRotationAt: { ...intOrNull, ...since2 },
      /** When a backup was last verified to hold this key's material, and who verified it. */
      drilledAt: { ...intOrNull, ...since3 },
      drilledBy: { ...textOrNull, ...since3 },
      /** Where the owner says that the backup is. */
      backupPlace: { ...textOrNull, ...since3 },
      /** The key that this one is to take over from. */
      succeeds: { ...textOrNull, ...since3 },
    },
  },
  keyVersions: {
    of: 'project',
    partOfKeyBy: 'keyId',
    columns: {
      id: text,
      keyId: text,
      projectId: text,
      version: int,
      sealedMaterial: sealed,
      createdAt: int,
    },
  },
  importTokens: {
    of: 'project',
    partOfKeyBy: 'keyId',
    columns: {
      id: text,
      keyId: text,
      projectId: text,
      wrappingAlgorithm: text,
      /** Null once the token is used up. */
      sealedPrivateKey: sealedOrNull,
      /**
       * Digest of the request that used the token up: the same request again gets the same answer.
       */
      consumedBy: bytesOrNull,
      failedAttempts: int,
      createdAt: int,
      expiresAt: int,
      /** Null for an import; `drill` for material that is compared and never stored. */
      purpose: { ...textOrNull, ...since2 },
    },
  },
  /** Tags of keys; `id` is the key's ID, a slash, and the name. */
  keyTags: {
    of: 'project',
    partOfKeyBy: 'keyId',
    columns: { id: text, keyId: text, projectId: text, name: text, value: text, createdAt: int },
  },
  /**
   * Names that point at keys; `id` is the project's ID, a slash, and the name, which makes the name
   * unique in its project.
   */
  keyAliases: {
    of: 'project',
    partOfKeyBy: 'keyId',
    columns: { id: text, keyId: text, projectId: text, name: text, createdAt: int, updatedAt: int },
  },
  /**
   * Who may do what with a key in addition to the roles of its project: domain/access/grants.ts.
   */
  keyGrants: {
    of: 'project',
    partOfKeyBy: 'keyId',
    // In rows of the first layout, operations have the names of Huawei's API:
    // domain/access/grants.ts reads them.
    layout: 2,
    columns: {
      id: text,
      keyId: text,
      projectId: text,
      name: textOrNull,
      grantee: text,
      granteeType: text,
      /** JSON of a list of names, always in the same order. */
      operations: text,
      /** Who may retire it besides issuer and grantee. */
      retiring: textOrNull,
      issuing: text,
      /** The grant from which the issuer passed this one on; null if a role allowed it. */
      parentId: textOrNull,
      createdAt: int,
    },
  },
  /**
   * The grants of a key as a whole; its ID is the key's. Every change of a grant also changes this
   * row.
   */
  grantLists: {
    of: 'project',
    partOfKeyBy: 'id',
    columns: {
      id: text,
      projectId: text,
      /** Digest of the key's rows in keyGrants, so that none can be restored, added or removed. */
      grantsDigest: bytes,
    },
  },
  /**
   * How far somebody got with an import, and the choices they made that are not secret. One per
   * key; its ID is the key's.
   */
  importDrafts: {
    of: 'project',
    partOfKeyBy: 'id',
    columns: { id: text, projectId: text, userId: text, step: text, choices: text, updatedAt: int },
  },
  /** Signed-in consoles. */
  sessions: {
    of: 'deployment',
    columns: {
      id: text,
      userId: text,
      projectId: text,
      source: text,
      agent: text,
      createdAt: int,
      expiresAt: int,
    },
  },
  /**
   * Failed sign-ins by user, by address block, or by both, named by digests: the user's, the
   * block's, or the two separated by a slash.
   */
  signInFailures: {
    of: 'deployment',
    unrecorded: true,
    columns: { id: text, count: int, until: int, lastAt: int },
  },
  /**
   * Address blocks from which users signed in: a digest of the user, a slash, and a digest of the
   * block.
   */
  provenPlaces: {
    of: 'deployment',
    unrecorded: true,
    columns: { id: text, lastAt: int },
  },
  /**
   * How far each log has been read into the figures below, by the ID of the log. The row `log` is
   * of an earlier release: the first log was counted so far, but not yet summarized by segment.
   */
  readings: {
    of: 'deployment',
    unrecorded: true,
    columns: { id: text, position: int, timeMs: int },
  },
  /**
   * What segments of the logs hold, so that a search can skip those that hold nothing it looks for.
   */
  logSegments: {
    of: 'deployment',
    unrecorded: true,
    columns: {
      id: text,
      log: text,
      firstIndex: int,
      firstTime: int,
      lastTime: int,
      /** First 8 bytes of each key's ID, concatenated. */
      keys: bytes,
      /** JSON of the lists of projects, principals, operations and outcomes. */
      terms: text,
    },
  },
  /** Calls of a project in an interval of time, by operation and outcome. */
  callCounts: {
    of: 'deployment',
    unrecorded: true,
    columns: {
      id: text,
      projectId: text,
      widthMs: int,
      startsAt: int,
      keptUntil: int,
      counts: text,
    },
  },
  /** The last use of a key, and how often it was used recently. */
  keyUses: {
    of: 'deployment',
    unrecorded: true,
    columns: {
      id: text,
      projectId: text,
      lastUsedAt: intOrNull,
      lastOperation: textOrNull,
      lastPrincipal: textOrNull,
      /** Number of calls in the last days that `recent` covers, allowed or refused. */
      recentCalls: int,
      /** JSON of recent hours, days and callers. */
      recent: text,
    },
  },
  /** Heads of the logs and their time floors, each written with every group of its records. */
  ledgers: {
    of: 'deployment',
    unrecorded: true,
    columns: {
      id: text,
      nodeSequence: int,
      treeSize: int,
      treeRoot: bytes,
      frontier: bytes,
      timeFloor: int,
      /** Number of the epoch in which it was written; null before there were any. */
      epoch: { ...intOrNull, ...since2 },
    },
  },
  /** The nodes of the deployment: who they are, and when they were there last. */
  nodes: {
    of: 'deployment',
    unrecorded: true,
    columns: {
      id: text,
      /** Release that it runs. */
      version: text,
      /** Where it listens. */
      address: text,
      startedAt: int,
      seenAt: int,
      /** Null while it runs. */
      stoppedAt: intOrNull,
      /** The highest level at which it can write (levels.ts); null for the first. */
      level: { ...intOrNull, ...since2 },
    },
  },
  /**
   * What of each log the tree over all logs holds: the head that was taken over last, and the place
   * of its leaf.
   */
  integratedHeads: {
    of: 'deployment',
    unrecorded: true,
    columns: { id: text, treeSize: int, treeRoot: bytes, leafIndex: int, epoch: int },
  },
  /**
   * The one row that every group of every node reads: the epoch. One begins when an operator
   * accepts the clock, and time goes on from `timeFloor`; when a node finds that the store has lost
   * something, and no node writes; and when an operator accepts that. Before the first one there is
   * no row, and the number is 0.
   */
  epochs: {
    of: 'deployment',
    unrecorded: true,
    columns: {
      id: text,
      /** Its number: higher than any that the node knew that began it. */
      epoch: int,
      timeFloor: int,
      /** Epoch that began with the last accepted clock; 0 for none. */
      clockAccepted: int,
      /** Epoch that began with the last accepted loss; 0 for none. */
      lossAccepted: int,
      /** What the store has lost, for people, until that is accepted. */
      lost: textOrNull,
      /** Level at which the nodes write (levels.ts); null for the first. */
      level: { ...intOrNull, ...since2 },
      /** 1 while an operator keeps it as it is. */
      levelHeld: { ...intOrNull, ...since2 },
    },
  },
} as const satisfies Readonly<Record<string, Table>>

export type Tables = typeof tables
export type TableName = keyof Tables
export const tableNames = Object.keys(tables) as TableName[]

type TablesThat<Has> = { [T in TableName]: Tables[T] extends Has ? T : never }[TableName]

/**
 * Tables whose rows carry a MAC under the key of their project; the others use the deployment's
 * key.
 */
export type ProjectTable = TablesThat<{ readonly of: 'project' }>

/** Tables whose rows are parts of a key. */
export type PartOfKeyTable = TablesThat<{ readonly partOfKeyBy: string }>

/** The columns of a table, by their fields. */
export function columnsOf(table: TableName): Columns {
  return tables[table].columns
}

export function isOfProject(table: TableName): table is ProjectTable {
  return tables[table].of === 'project'
}

/** Tables whose rows end with a key, each with the column that names the key. */
export const partsOfKey: ReadonlyMap<PartOfKeyTable, 'id' | 'keyId'> = new Map(
  tableNames.flatMap((table) => {
    const declared: Table = tables[table]
    return declared.partOfKeyBy === undefined
      ? []
      : [[table as PartOfKeyTable, declared.partOfKeyBy] as const]
  }),
)

/** Tables whose deleted rows held secrets. */
export const tablesWithSecrets: readonly TableName[] = tableNames.filter((table) =>
  Object.values(columnsOf(table)).some(({ secret }) => secret),
)

/** Whether each change of the table is part of a record in the log. */
export function isRecorded(table: TableName): boolean {
  const declared: Table = tables[table]
  return declared.unrecorded !== true
}

/** Layout that added a column to a table. */
export function columnSince(table: TableName, field: string): number {
  return columnsOf(table)[field]?.since ?? 1
}

/**
 * Layout number of a table's rows; a row keeps the number it was written with, and its MAC covers
 * the columns of that layout.
 */
export function rowSchemaVersion(table: TableName): number {
  const declared: Table = tables[table]
  return Math.max(
    declared.layout ?? 1,
    ...Object.keys(columnsOf(table)).map((field) => columnSince(table, field)),
  )
}

/** Level from which rows of a layout are written. */
export function layoutLevel(table: TableName, layout: number): number {
  const declared: Table = tables[table]
  return declared.writtenFrom?.[layout] ?? 1
}

/** Columns of which some values have a level, by table. */
const columnsWithLevels = new Map(
  tableNames.map((table) => [
    table,
    Object.entries(columnsOf(table)).flatMap(([field, { valuesFrom }]) =>
      valuesFrom === undefined ? [] : [[field, valuesFrom] as const],
    ),
  ]),
)

/** Level from which a row is written, by its layout and by what it holds. */
export function rowLevel(table: TableName, row: { readonly schemaVersion: number }): number {
  const values = row as Readonly<Record<string, unknown>>
  const levels = (columnsWithLevels.get(table) ?? []).map(
    ([field, valuesFrom]) => valuesFrom[String(values[field])] ?? 1,
  )
  return Math.max(layoutLevel(table, row.schemaVersion), ...levels)
}

const columnNames = new Map<string, string>()

/**
 * Column name of a field, the same in every store and in every MAC: `createdAt` is `created_at`.
 * Tables and fields are few.
 */
export function columnName(field: string): string {
  let name = columnNames.get(field)
  if (name === undefined) {
    name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    columnNames.set(field, name)
  }
  return name
}
