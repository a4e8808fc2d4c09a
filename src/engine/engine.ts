/**
 * Runs commands: whether they are allowed, on which key, what would happen, and that it is recorded
 * before anyone learns of it. A call that needs nothing from the store runs without a promise, and
 * that is true of most calls.
 */
import { authorize, authorizeOnKey, needsGrant } from '../access/authorization.ts'
import type { Grant, Grantee } from '../domain/access/grants.ts'
import type { Right } from '../domain/access/roles.ts'
import { KmsError, type KmsErrorCode } from '../domain/errors.ts'
import { wipe } from '../domain/material/wiped.ts'
import { bySession, sourceKeyDetail } from '../domain/operations.ts'
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { AuditEntry, Journal, Receipt, Submission } from '../ports/journal.ts'
import type { Source } from '../ports/source.ts'
import type { LoadedGrants } from './access/loaded-grants.ts'
import { ChangeQueue } from './change-queue.ts'
import type {
  Call,
  Command,
  Effect,
  EngineParts,
  KeyCommand,
  KeyOrProjectCommand,
  KeyReference,
  Task,
  TransferCommand,
} from './command.ts'
import { keyOfAlias } from './keys/aliases.ts'
import type { LoadedKey } from './keys/loaded-key.ts'

/** A call decided but not recorded. */
export type Decision<R> = {
  readonly submission: Submission
  readonly outcome: { readonly result: R } | { readonly error: unknown }
  readonly secret: Uint8Array | undefined
  readonly unused: (() => void) | undefined
}

export type Outcome<R> = Decision<R>['outcome']

const none: readonly RowWrite[] = []

/** How far a call got: the facts it was decided on, and what its record says. */
type Facts = {
  /** ID of the key that the call names, once it is known. */
  keyId: string | null
  /** The rows of the aliases by which the call names keys. */
  aliases: readonly RowReference[]
  /** The key of that ID, regardless of its owner. */
  found: LoadedKey | undefined
  /** The key's grants, if the call needed to know whether one lets it through. */
  grants: LoadedGrants | undefined
  /** Set once the call was allowed to use the key. */
  admission: Admission | undefined
  /** The key that the call takes from, if there is one and the caller may see it. */
  source: LoadedKey | undefined
}

function newFacts(): Facts {
  return {
    keyId: null,
    aliases: noAliases,
    found: undefined,
    grants: undefined,
    admission: undefined,
    source: undefined,
  }
}

const noAliases: readonly RowReference[] = []

/**
 * A key that a call may run its command on, and the grant that allows it; null if the caller's role
 * does.
 */
type Admission = { readonly key: LoadedKey; readonly grant: Grant | null }

type EngineSurroundings = {
  readonly keys: Source<LoadedKey>
  readonly journal: Journal
  readonly forget: (reference: RowReference) => void
  readonly onBegin?: (command: string) => void
}

export class Engine {
  readonly #parts: EngineParts
  readonly #keys: Source<LoadedKey>
  readonly #journal: Journal
  readonly #forget: (reference: RowReference) => void
  readonly #onBegin: (command: string) => void
  readonly #changes = new ChangeQueue()

  /**
   * @param parts.forget drops a row from every cache, because a decision based on it turned out to
   * be outdated.
   * @param parts.onBegin receives the name of every command that begins, on the path of every call.
   */
  constructor(parts: EngineParts & EngineSurroundings) {
    const { keys, journal, forget, onBegin = () => {}, ...rest } = parts
    this.#keys = keys
    this.#forget = forget
    this.#onBegin = onBegin
    this.#journal = journal
    this.#parts = rest
  }

  /** Time that decides: `Journal.decidingNow`. */
  decidingNow(): number {
    return this.#journal.decidingNow()
  }

  /** Time that governs what cannot be undone: `Journal.agreedNow`. */
  agreedNow(): number {
    return this.#journal.agreedNow()
  }

  /**
   * Decides a call. Never throws or rejects: a failure becomes the outcome, to be recorded like any
   * other.
   */
  decide<I, R>(call: Call, command: Command<I, R>, input: I): Decision<R> | Promise<Decision<R>> {
    this.#onBegin(command.name)
    const task: Task = { ...this.#parts, call, now: this.#journal.decidingNow() }
    const facts: Facts = newFacts()
    const settle = (effect: Effect<R>): Decision<R> => accepted(task, command, facts, effect)
    const fail = (error: unknown): Decision<R> => refused(task, command.name, facts, error)
    try {
      if (command.key === undefined) {
        checkRight(call, command)
        const effect = command.run(task, input)
        return effect instanceof Promise ? effect.then(settle, fail) : settle(effect)
      }
      const named = command.key(input)
      if (typeof named === 'string') facts.keyId = named
      if (command.byGrant === undefined) checkRight(call, command)
      if (command.sourceKey !== undefined)
        return this.#transfer(command, task, input, facts).then(settle, fail)
      const run = (found: LoadedKey | undefined): Effect<R> | Promise<Effect<R>> => {
        facts.found = found
        if (
          found !== undefined &&
          command.byGrant !== undefined &&
          needsGrant(call.caller, command.right, found.row)
        )
          return this.#byGrant(command, task, input, facts, found)
        facts.admission = admissionTo(command, input, call, found, undefined)
        return command.run(task, facts.admission.key, input, facts.admission.grant)
      }
      const effect =
        named === null ? ofProject(command, task, input) : this.#withKey(task, facts, named, run)
      return effect instanceof Promise ? effect.then(settle, fail) : settle(effect)
    } catch (error) {
      return fail(error)
    }
  }

  async #transfer<I, R>(
    command: TransferCommand<I, R>,
    task: Task,
    input: I,
    facts: Facts,
  ): Promise<Effect<R>> {
    const [sourceName, keyName] = [command.sourceKey(input), command.key(input)]
    const [from, to] = await Promise.all([
      this.#load(task, facts, sourceName),
      this.#load(task, facts, keyName),
    ])
    if (typeof keyName === 'object') facts.keyId = to?.row.id ?? null
    const source = ownKey(task.call, sourceName, from, command.unknownSource?.(input))
    facts.source = source
    const key = ownKey(task.call, keyName, to)
    facts.found = key
    facts.admission = { key, grant: null }
    return command.run(task, { source, key }, input)
  }

  /** A call that the role does not allow: checks the key's grants. */
  #byGrant<I, R>(
    command: KeyCommand<I, R> | KeyOrProjectCommand<I, R>,
    task: Task,
    input: I,
    facts: Facts,
    found: LoadedKey,
  ): Effect<R> | Promise<Effect<R>> {
    const { grants: source } = this.#parts
    const run = (grants: LoadedGrants | undefined): Effect<R> | Promise<Effect<R>> => {
      facts.grants = grants
      facts.admission = admissionTo(command, input, task.call, found, grants)
      return command.run(task, facts.admission.key, input, facts.admission.grant)
    }
    const near = source.peek(found.row.id)
    return near === undefined ? source.load(found.row.id).then(run) : run(near)
  }

  #withKey<T>(
    task: Task,
    facts: Facts,
    name: KeyReference,
    run: (found: LoadedKey | undefined) => T | Promise<T>,
  ): T | Promise<T> {
    if (typeof name === 'object')
      return this.#load(task, facts, name).then((found) => {
        facts.keyId = found?.row.id ?? null
        return run(found)
      })
    const near = this.#keys.peek(name)
    return near === undefined ? this.#keys.load(name).then(run) : run(near)
  }

  /** The key of a name. For an alias, the call also depends on the row that says what it means. */
  async #load(task: Task, facts: Facts, name: KeyReference): Promise<LoadedKey | undefined> {
    if (typeof name === 'string') return this.#keys.load(name)
    for (let tries = 0; tries < maxTries; tries++) {
      const meant = await keyOfAlias(task, name.alias)
      const found = meant && (await this.#keys.load(meant.keyId))
      // A key's own alias is in its row, which shows whether the key has lost it since.
      if (meant?.guard === undefined && found !== undefined && found.row.alias !== name.alias)
        continue
      if (meant?.guard !== undefined) facts.aliases = [...facts.aliases, meant.guard]
      return found
    }
    throw changedTooOften()
  }

  /**
   * Has the decision checked again and recorded. Only for `recorded` may the outcome be sent; for
   * the others its secret is wiped here, and for `stale` the facts it was decided on are
   * forgotten, so that the next decision sees fresh ones.
   * @param done `waited` says that the decision was not submitted: another call was changing the
   * same row, and now it is this one's turn.
   */
  record<R>(decision: Decision<R>, done: (receipt: Receipt, waited: boolean) => void): void {
    const { submission } = decision
    if (submission.writes.length > 0) return this.#change(decision, done)
    if (!this.#changes.isIdle && submission.entry !== null)
      this.#changes.end(submission.entry.requestId)
    this.#submit(decision, done)
  }

  /**
   * Of many changes of one row, the first is submitted; the others wait and are decided when it is
   * done.
   */
  #change<R>(decision: Decision<R>, done: (receipt: Receipt, waited: boolean) => void): void {
    const { entry, writes, guards, party = '' } = decision.submission
    if (entry === null) return this.#submit(decision, done)
    const { requestId, principal } = entry
    // The key first: a change of it makes every change that was decided on it stale, in any table.
    const keys = guards.filter(([table]) => table === 'keys')
    const rows = [
      ...keys.map(([table, id]) => `${table} ${id}`),
      ...writes.map(({ table, id }) => `${table} ${id}`),
    ]
    const goesOn = this.#changes.begin(requestId, rows, { party, principal: principal ?? '' }, () =>
      done('stale', true),
    )
    if (!goesOn) {
      discard(decision)
      return
    }
    this.#submit(decision, (receipt) => {
      if (receipt === 'stale') this.#changes.again(requestId)
      else this.#changes.end(requestId)
      done(receipt, false)
    })
  }

  #submit<R>(decision: Decision<R>, done: (receipt: Receipt, waited: boolean) => void): void {
    const { submission } = decision
    this.#journal.submit(submission, (receipt) => {
      if (receipt !== 'recorded') discard(decision)
      if (receipt === 'stale') for (const reference of submission.guards) this.#forget(reference)
      done(receipt, false)
    })
  }

  /**
   * Decides and records, and retries while facts change in between. For callers without a batch.
   */
  async run<I, R>(call: Call, command: Command<I, R>, input: I): Promise<R> {
    let startedAt = performance.now()
    for (let tries = 1; isDecidedAgain(tries - 1, performance.now() - startedAt); ) {
      const decision = await this.decide({ ...call, tries }, command, input)
      const { receipt, waited } = await new Promise<{ receipt: Receipt; waited: boolean }>(
        (resolve) => this.record(decision, (receipt, waited) => resolve({ receipt, waited })),
      )
      const unrecorded = refusalOf(receipt)
      if (unrecorded !== undefined) throw unrecorded
      if (waited) startedAt = performance.now()
      else tries++
      if (receipt === 'stale') continue
      if ('error' in decision.outcome) throw decision.outcome.error
      return decision.outcome.result
    }
    this.giveUp(call.requestId)
    throw changedTooOften()
  }

  /** A call that will not be decided again: calls that wait to change the same row go on. */
  giveUp(requestId: string): void {
    this.#changes.end(requestId)
  }

  /** A call that was refused before its command was known: it is recorded like any other. */
  refuse(call: Call, operation: string, error: unknown): Decision<never> {
    const nothing: Facts = newFacts()
    return refused(
      { ...this.#parts, call, now: this.#journal.decidingNow() },
      operation,
      nothing,
      error,
    )
  }
}

export type { Receipt }

/** Nothing of a decision is sent, and what was reserved for it is released. */
function discard({ secret, unused }: Pick<Decision<unknown>, 'secret' | 'unused'>): void {
  wipe(secret)
  unused?.()
}

/**
 * How often a call is decided at least, if its facts change between decision and record each time.
 */
export const maxTries = 3
/**
 * The same for a call that costs little: changes of one row that arrive over several threads or
 * nodes are done one at a time, and all of them should succeed.
 */
const quickTries = 32
const quickMs = 1000

/**
 * Whether a call is decided again.
 * @param tries so far.
 * @param elapsedMs since it arrived, or since its turn to change a row.
 */
export function isDecidedAgain(tries: number, elapsedMs: number): boolean {
  return tries < maxTries || (tries < quickTries && elapsedMs < quickMs)
}

export function auditUnavailable(): KmsError {
  return new KmsError('audit-unavailable', 'the audit log cannot be written, so nothing is done')
}

/** Why a call is refused that was decided and not recorded; undefined for other receipts. */
export function refusalOf(receipt: Receipt): KmsError | undefined {
  if (receipt === 'unavailable') return auditUnavailable()
  if (receipt === 'too-early')
    return new KmsError(
      'upgrade-pending',
      'some nodes still run the release before, which does not know this: it works once all of them are updated',
    )
  if (receipt !== 'unknown') return undefined
  return new KmsError(
    'audit-unavailable',
    'the audit log did not say in time whether this call is recorded: see what it did before you repeat it',
  )
}

export function changedTooOften(): KmsError {
  return new KmsError('busy', 'the key changed repeatedly while this call ran; try again')
}

/** A command whose input may name a key and names none: no other kind returns null for its key. */
function ofProject<I, R>(
  command: Command<I, R>,
  task: Task,
  input: I,
): Effect<R> | Promise<Effect<R>> {
  return (command as KeyOrProjectCommand<I, R>).run(task, null, input)
}

function checkRight<I, R>({ caller }: Call, { right }: Command<I, R>): void {
  if (!authorize(caller, right).isAllowed) throw notPermitted(right)
}

function notPermitted(right: Right): KmsError {
  return new KmsError(
    'not-permitted',
    `this caller's role has no right to ${right} keys of this project`,
  )
}

/** @throws KmsError not-permitted, or that there is no such key. */
function admissionTo<I, R>(
  command: KeyCommand<I, R> | KeyOrProjectCommand<I, R>,
  input: I,
  { caller }: Call,
  found: LoadedKey | undefined,
  grants: LoadedGrants | undefined,
): Admission {
  const grantOf = grants && ((who: Grantee) => command.byGrant?.(grants.grants, who, input))
  const verdict = authorizeOnKey(caller, command.right, found?.row, grantOf)
  if (found !== undefined && verdict.isAllowed) return { key: found, grant: verdict.grant }
  if (verdict.reason === 'no-right') throw notPermitted(command.right)
  throw unknownKey(command.key(input), command.unknownKey?.(input))
}

/** A key of the caller's own project that has not ended. */
function ownKey(
  { caller }: Call,
  name: KeyReference,
  found: LoadedKey | undefined,
  unknown?: KmsErrorCode,
): LoadedKey {
  if (
    found !== undefined &&
    found.row.projectId === caller.project.row.id &&
    found.row.deletedAt === null
  )
    return found
  throw unknownKey(name, unknown)
}

function unknownKey(name: KeyReference | null, code: KmsErrorCode = 'key-not-found'): KmsError {
  if (code === 'ciphertext-invalid') return invalidCiphertext()
  const said = typeof name === 'object' ? `with the alias ${name?.alias}` : name
  return new KmsError(code, `there is no key ${said} in this project`)
}

/** The one error for every reason why a ciphertext does not open. */
export function invalidCiphertext(): KmsError {
  return new KmsError('ciphertext-invalid', 'the ciphertext is not valid for this key and context')
}

function accepted<I, R>(
  task: Task,
  command: Command<I, R>,
  facts: Facts,
  effect: Effect<R>,
): Decision<R> {
  const { refusal } = effect
  return {
    outcome: refusal === undefined ? { result: effect.result } : { error: refusal },
    secret: effect.secret,
    unused: effect.unused,
    submission: {
      entry: entryOf(task, command.name, effect.keyId ?? facts.keyId, facts, {
        outcome: refusal?.code ?? 'ok',
        materialVersion: effect.materialVersion ?? null,
        contextDigest: effect.contextDigest?.toHex() ?? null,
        detail: effect.detail ?? null,
      }),
      guards:
        effect.guards === undefined
          ? guardsOf(task, facts)
          : [...guardsOf(task, facts), ...effect.guards],
      notAfter: earlier(turningPoint(task, facts), effect.notAfter ?? null),
      writes: effect.writes ?? none,
      erases: effect.erases ?? false,
      party: task.call.caller.project.row.id,
    },
  }
}

function refused<R>(task: Task, operation: string, facts: Facts, error: unknown): Decision<R> {
  const outcome = error instanceof KmsError ? error.code : 'internal-error'
  return {
    outcome: { error },
    secret: undefined,
    unused: undefined,
    submission: {
      entry: entryOf(task, operation, facts.keyId, facts, {
        outcome,
        materialVersion: null,
        contextDigest: null,
        detail: null,
      }),
      guards: guardsOf(task, facts),
      notAfter: turningPoint(task, facts),
      writes: none,
      erases: false,
      party: task.call.caller.project.row.id,
    },
  }
}

/**
 * A call that a grant allowed belongs to the project of the key: its owner must see who uses it.
 */
function entryOf(
  { call }: Task,
  operation: string,
  keyId: string | null,
  { admission, source }: Facts,
  rest: Pick<AuditEntry, 'outcome' | 'materialVersion' | 'contextDigest' | 'detail'>,
): AuditEntry {
  return {
    requestId: call.requestId,
    signatureDigest: call.signatureDigest,
    dialect: call.dialect,
    operation,
    project: admission?.key.row.projectId ?? call.caller.project.row.id,
    principal: call.caller.principal,
    source: call.source,
    keyId,
    keyRevision: admission?.key.row.revision ?? null,
    tries: call.tries,
    count: 1,
    ...rest,
    detail: withWay(
      call,
      source === undefined
        ? detailOf(admission?.grant ?? null, rest.detail)
        : sourceKeyDetail(source.row, rest.detail),
    ),
  }
}

function detailOf(grant: Grant | null, detail: string | null): string | null {
  if (grant === null) return detail
  return detail === null ? `grant ${grant.row.id}` : `grant ${grant.row.id}: ${detail}`
}

/**
 * How a call was authenticated, unless by a signature over all of it. Appended at the end: readers
 * of a detail parse its beginning.
 */
function withWay({ caller }: Call, detail: string | null): string | null {
  if (caller.kind === 'service' || (!caller.payloadUnsigned && caller.sessionId === null))
    return detail
  const way = caller.payloadUnsigned ? 'payload not signed' : bySession
  return detail === null ? way : `${detail}; ${way}`
}

function guardsOf(
  { call }: Task,
  { aliases, found, grants, source }: Facts,
): readonly RowReference[] {
  const own = found === undefined ? call.caller.guards : found.guardsWith(call.caller.guards)
  const guards = aliases.length === 0 ? own : [...own, ...aliases]
  if (grants !== undefined) return grants.guardsWith(guards)
  return source === undefined ? guards : source.guardsWith(guards)
}

/** The instant at which a key's state changes by itself: when its material expires. */
function turningPoint({ now }: Task, { admission, source }: Facts): number | null {
  const of = (key: LoadedKey | undefined): number | null => {
    const expiresAt = key?.row.materialExpiresAt ?? null
    return expiresAt !== null && now < expiresAt ? expiresAt : null
  }
  return earlier(of(admission?.key), of(source))
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
