/**
 * What a command is. Each is declared once; authorization, the second decision and the audit record
 * apply to all of them in the same way.
 */
import type { KeyObject } from 'node:crypto'
import type { Caller, LoadedProject, UserCaller } from '../access/principals.ts'
import type { SignIn } from '../access/sign-in.ts'
import { type Grant, type Grantee, type GrantOperation, grantFor } from '../domain/access/grants.ts'
import type { Right } from '../domain/access/roles.ts'
import type { CommandName } from '../domain/commands.ts'
import type { KmsError, KmsErrorCode } from '../domain/errors.ts'
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { Turn } from '../domain/turns.ts'
import type { AsymmetricOperations, PrivateKeyMaker } from '../ports/asymmetric.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Reports } from '../ports/reports.ts'
import type { Source } from '../ports/source.ts'
import type { StoreReader } from '../ports/store.ts'
import type { WrappingKeys } from '../ports/wrapping-keys.ts'
import type { LoadedGrants } from './access/loaded-grants.ts'
import type { LoadedKey } from './keys/loaded-key.ts'

/** One call as the engine sees it, independent of the protocol it arrived over. */
export type Call = {
  readonly caller: Caller
  readonly requestId: string
  readonly dialect: string
  /** Address of the caller. */
  readonly source: string
  /** SHA-256 of the request's signature, hex; null if it has no signature. */
  readonly signatureDigest: string | null
  /** 1, or the number of the retry on fresher facts. */
  readonly tries: number
}

/**
 * The user who calls.
 * @throws TypeError for the service itself; commands that need their user never admit it.
 */
export function userOf({ caller }: Pick<Call, 'caller'>): UserCaller {
  if (caller.kind === 'user') return caller
  throw new TypeError('the service itself is not a user')
}

/**
 * Whose turn the call uses at resources that all callers share. The caller counts, not the owner of
 * the key: a grant does not let anyone use up another party's turns.
 */
export function turnOf({ caller }: Pick<Call, 'caller'>): Turn {
  return { party: caller.project.row.id, principal: caller.principal }
}

/**
 * A key as a call names it: by its ID, or by an alias in the caller's project, either the key's own
 * or one that points at it. A dialect converts other names, such as ARNs, into one of these.
 */
export type KeyReference = string | { readonly alias: string }

export type EngineSettings = {
  /** Of this server. */
  readonly version: string
  /**
   * Address that clients should use, if a proxy is in front of this server; null if none was
   * configured.
   */
  readonly publicUrl: string | null
  readonly materialChecks: 'refuse' | 'warn'
  readonly importTokenMs: number
  /** Life of a token for X-Auth-Token. */
  readonly authTokenMs: number
  readonly maxKeysPerProject: number
  /** Number of days for which a drill counts as proof that there is a backup. */
  readonly drillDays: number
  /** Idle timeout of a console session. */
  readonly sessionIdleMs: number
  /** Absolute lifetime of a console session. */
  readonly sessionMs: number
}

export type EngineParts = {
  /** For what is only displayed and decides nothing. */
  readonly clock: Pick<Clock, 'wallNow'>
  readonly reader: StoreReader
  readonly projects: Source<LoadedProject>
  /** Number of keys of a project now, as precisely as its quota requires. */
  readonly keyCounts: { of(projectId: string): Promise<number> }
  /** Grants of keys, by the key's ID. */
  readonly grants: Source<LoadedGrants>
  readonly random: Random
  readonly wrappingKeys: WrappingKeys
  readonly asymmetric: AsymmetricOperations
  readonly privateKeys: PrivateKeyMaker
  readonly reports: Reports
  readonly passwords: Pick<SignIn, 'confirms' | 'hash'>
  /** MAC key of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly settings: EngineSettings
}

/**
 * What a command gets to work with. `now` decides: `Journal.decidingNow` when the command began.
 */
export type Task = EngineParts & { readonly call: Call; readonly now: number }

/**
 * What a command wants to happen. Nothing has happened yet: the writer may still find that the
 * decision used outdated facts.
 */
type Work = {
  readonly writes?: readonly RowWrite[]
  /** Deleted rows must be unreadable in the files before this is answered. */
  readonly erases?: boolean
  /** Rows that were read for the result, in addition to those that every call depends on. */
  readonly guards?: readonly RowReference[]
  /**
   * First instant at which the decision would have been different, apart from the expiry of the
   * key's material.
   */
  readonly notAfter?: number
  /** The key that a command created, which its input could not name. */
  readonly keyId?: string
  readonly materialVersion?: number
  readonly contextDigest?: Uint8Array | null
  readonly detail?: string
  /** Secret bytes in the result: wiped if the result must not be sent. */
  readonly secret?: Uint8Array
  /** Called if none of this happens: releases what was reserved for it. */
  readonly unused?: () => void
}

export type Done<R> = Work & { readonly result: R; readonly refusal?: undefined }

/**
 * The call is refused, but its writes still happen: a failed attempt that is counted. Or the
 * refusal depends on further rows, which another node may have changed since they were read. Any
 * other refusal is thrown.
 */
export type Refused = Work & { readonly refusal: KmsError; readonly result?: undefined }

export type Effect<R> = Done<R> | Refused

type Declared = {
  /** Name in audit records, the same over every interface. */
  readonly name: CommandName
  readonly right: Right
}

/** A command about one key. */
export type KeyCommand<I, R> = Declared & {
  readonly sourceKey?: undefined
  /** The key that the input names. */
  readonly key: (input: I) => KeyReference
  /** Refusal for a key that is unknown, of another project, or ended: the same for all three. */
  readonly unknownKey?: (input: I) => KmsErrorCode
  /**
   * The grant that lets a caller do this without a right to it, or from another project; undefined
   * if none does. A command that lacks this is never done through a grant.
   */
  readonly byGrant?: (grants: readonly Grant[], who: Grantee, input: I) => Grant | undefined
  /**
   * @param key of the caller's project, or of another one if a grant let the call through: what
   * belongs to the key is `key.project`'s.
   * @param grant the grant that let the call through, null if the caller's role did.
   */
  readonly run: (
    task: Task,
    key: LoadedKey,
    input: I,
    grant: Grant | null,
  ) => Effect<R> | Promise<Effect<R>>
}

/** `byGrant` of a command that a grant of one operation allows. */
export function granted(
  operation: GrantOperation,
): NonNullable<KeyCommand<unknown, unknown>['byGrant']> {
  return (grants, who) => grantFor(grants, who, operation)
}

/**
 * A command that takes from one key and gives to another. Both must be usable, the second decision
 * covers both, and the call is bound to the expiry of both.
 */
export type TransferCommand<I, R> = Declared & {
  /** The key that is given to: the key of the record. */
  readonly key: (input: I) => KeyReference
  /** The key that is taken from: the record names it in its detail. It may be the same key. */
  readonly sourceKey: (input: I) => KeyReference
  /** Refusals for keys that are unknown, of another project, or ended. */
  readonly unknownKey?: undefined
  readonly unknownSource?: (input: I) => KmsErrorCode
  /** A grant is on one key: none allows a call that takes from another key. */
  readonly byGrant?: undefined
  readonly run: (
    task: Task,
    keys: { readonly source: LoadedKey; readonly key: LoadedKey },
    input: I,
  ) => Promise<Effect<R>>
}

/** A command about a project as a whole. */
export type ProjectCommand<I, R> = Declared & {
  readonly key?: undefined
  readonly run: (task: Task, input: I) => Effect<R> | Promise<Effect<R>>
}

/** A command about one key where the input names one, else about the project as a whole. */
export type KeyOrProjectCommand<I, R> = Declared & {
  readonly sourceKey?: undefined
  /** The key that the input names; null for the project. */
  readonly key: (input: I) => KeyReference | null
  readonly unknownKey?: undefined
  readonly byGrant?: undefined
  readonly run: (task: Task, key: LoadedKey | null, input: I) => Effect<R> | Promise<Effect<R>>
}

export type Command<I, R> =
  | KeyCommand<I, R>
  | TransferCommand<I, R>
  | ProjectCommand<I, R>
  | KeyOrProjectCommand<I, R>
