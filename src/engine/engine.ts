/**
 * Runs commands: may they, on which key, what would happen, and that it is recorded before anyone hears of it. A call that
 * needs nothing from the store runs without a promise; that is most of them.
 */
import { KmsError, type KmsErrorCode } from '../domain/errors.ts'
import type { Grant } from '../domain/grants.ts'
import { sourceKeyDetail } from '../domain/operations.ts'
import { roleHasRight, roleTakesGrants } from '../domain/roles.ts'
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { AuditEntry, Journal, Receipt, Submission } from '../ports/journal.ts'
import type { Source } from '../ports/source.ts'
import type { Call, Command, Effect, EngineParts, KeyCommand, KeyOrProjectCommand, Task, TransferCommand } from './command.ts'
import type { LoadedKey } from './loaded-key.ts'

/** A call decided but not recorded. */
export type Attempt<R> = {
  readonly submission: Submission
  readonly outcome: { readonly result: R } | { readonly error: unknown }
  readonly secret: Uint8Array | undefined
}

export type Outcome<R> = Attempt<R>['outcome']

const none: readonly RowWrite[] = []

/** How far a call came: what it was decided on, and what its record tells. */
type Facts = {
  /** ID of the key that it names. */
  keyId: string | null
  /** The key of that ID, whoever it belongs to. */
  found: LoadedKey | undefined
  /** Set once the call was let through to the key. */
  passage: Passage | undefined
  /** The key that it takes from, where it takes from one and may see it. */
  source: LoadedKey | undefined
}

/** A key that a call may do its command on, and the grant that lets it; null where the caller's role does. */
type Passage = { readonly key: LoadedKey; readonly grant: Grant | null }

export class Engine {
  readonly #parts: EngineParts
  readonly #keys: Source<LoadedKey>
  readonly #journal: Journal
  readonly #forget: (reference: RowReference) => void

  /** @param parts.forget drops a row from every cache, because something decided on it turned out to be behind. */
  constructor(parts: EngineParts & { keys: Source<LoadedKey>; journal: Journal; forget: (reference: RowReference) => void }) {
    const { keys, journal, forget, ...rest } = parts
    this.#keys = keys
    this.#forget = forget
    this.#journal = journal
    this.#parts = rest
  }

  /** Time that decides. */
  now(): number {
    return this.#journal.now()
  }

  /** Decides a call. Never rejects and never throws: whatever goes wrong is the outcome, to be recorded like any other. */
  attempt<I, R>(call: Call, command: Command<I, R>, input: I): Attempt<R> | Promise<Attempt<R>> {
    const task: Task = { ...this.#parts, call, now: this.#journal.now() }
    const facts: Facts = { keyId: null, found: undefined, passage: undefined, source: undefined }
    const settle = (effect: Effect<R>): Attempt<R> => accepted(task, command, facts, effect)
    const fail = (error: unknown): Attempt<R> => refused(task, command.name, facts, error)
    try {
      if (command.keyId !== undefined) facts.keyId = command.keyId(input)
      if (command.keyId === undefined || command.byGrant === undefined) checkRight(call, command)
      if (command.keyId === undefined) {
        const effect = command.run(task, input)
        return effect instanceof Promise ? effect.then(settle, fail) : settle(effect)
      }
      if (command.sourceKeyId !== undefined) return this.#transfer(command, task, input, facts).then(settle, fail)
      const run = (found: LoadedKey | undefined): Effect<R> | Promise<Effect<R>> => {
        facts.found = found
        facts.passage = passageTo(command, input, call, found)
        return command.run(task, facts.passage.key, input, facts.passage.grant)
      }
      const effect = facts.keyId === null ? ofProject(command, task, input) : this.#withKey(facts.keyId, run)
      return effect instanceof Promise ? effect.then(settle, fail) : settle(effect)
    } catch (error) {
      return fail(error)
    }
  }

  async #transfer<I, R>(command: TransferCommand<I, R>, task: Task, input: I, facts: Facts): Promise<Effect<R>> {
    const [sourceId, keyId] = [command.sourceKeyId(input), command.keyId(input)]
    const [from, to] = await Promise.all([this.#keys.load(sourceId), this.#keys.load(keyId)])
    const source = ownKey(task.call, sourceId, from, command.unknownSource?.(input))
    facts.source = source
    const key = ownKey(task.call, keyId, to)
    facts.found = key
    facts.passage = { key, grant: null }
    return command.run(task, { source, key }, input)
  }

  #withKey<T>(id: string, run: (found: LoadedKey | undefined) => T | Promise<T>): T | Promise<T> {
    const near = this.#keys.peek(id)
    return near === undefined ? this.#keys.load(id).then(run) : run(near)
  }

  /**
   * Has the attempt decided again and recorded. Only `recorded` lets the outcome leave; for the other two its secret is wiped
   * here, and for `stale` whatever was decided on is forgotten, so that the next attempt sees fresh facts.
   */
  record<R>(attempt: Attempt<R>, done: (receipt: Receipt) => void): void {
    this.#journal.submit(attempt.submission, (receipt) => {
      if (receipt !== 'recorded') attempt.secret?.fill(0)
      if (receipt === 'stale') for (const reference of attempt.submission.guards) this.#forget(reference)
      done(receipt)
    })
  }

  /** Attempt and record in one, tried again while facts change under it. For callers without a batch. */
  async run<I, R>(call: Call, command: Command<I, R>, input: I): Promise<R> {
    const startedAt = performance.now()
    for (let tries = 1; isDecidedAgain(tries - 1, performance.now() - startedAt); tries++) {
      const attempt = await this.attempt({ ...call, tries }, command, input)
      const receipt = await new Promise<Receipt>((resolve) => this.record(attempt, resolve))
      if (receipt === 'unavailable') throw auditUnavailable()
      if (receipt === 'stale') continue
      if ('error' in attempt.outcome) throw attempt.outcome.error
      return attempt.outcome.result
    }
    throw changedTooOften()
  }

  /** A call that was refused before it became a command: it is recorded like any other. */
  refuse(call: Call, operation: string, error: unknown): Attempt<never> {
    const nothing: Facts = { keyId: null, found: undefined, passage: undefined, source: undefined }
    return refused({ ...this.#parts, call, now: this.#journal.now() }, operation, nothing, error)
  }
}

/** How often a call is decided in any case, though its facts changed between decision and record each time. */
export const maxTries = 3
/** The same for a call that costs little: of many changes of one key at once one is done at a time, and every one of them shall be. */
const quickTries = 32
const quickMs = 1000

/** Whether a call is decided once more. @param tries so far. @param elapsedMs since it came. */
export function isDecidedAgain(tries: number, elapsedMs: number): boolean {
  return tries < maxTries || (tries < quickTries && elapsedMs < quickMs)
}

export function auditUnavailable(): KmsError {
  return new KmsError('audit-unavailable', 'the audit log cannot be written, so nothing is done')
}

export function changedTooOften(): KmsError {
  return new KmsError('busy', 'what this call was decided on changed again and again while it ran; try again')
}

/** A command whose input could have named a key and names none: no other kind gives null for its ID. */
function ofProject<I, R>(command: Command<I, R>, task: Task, input: I): Effect<R> | Promise<Effect<R>> {
  return (command as KeyOrProjectCommand<I, R>).run(task, null, input)
}

function checkRight<I, R>({ caller }: Call, { right }: Command<I, R>): void {
  if (!roleHasRight(caller.role, right))
    throw new KmsError('not-permitted', `this caller's role has no right to ${right} keys of this project`)
}

/**
 * Whether a call may go on to the key: by the right of its caller's role in the key's own project, else by a grant on the key. A key that
 * ended, or of another project without a grant, is answered as one that never was.
 */
function passageTo<I, R>(
  command: KeyCommand<I, R> | KeyOrProjectCommand<I, R>,
  input: I,
  call: Call,
  found: LoadedKey | undefined,
): Passage {
  const { role, principal, project } = call.caller
  const key = found?.row.deletedAt === null ? found : undefined
  const own = key !== undefined && key.row.projectId === project.row.id
  if (own && roleHasRight(role, command.right)) return { key, grant: null }
  const who = { principal, domainId: project.row.domainId }
  const grant = key && roleTakesGrants(role) ? command.byGrant?.(key.grants, who, input) : undefined
  if (key !== undefined && grant !== undefined) return { key, grant }
  checkRight(call, command)
  throw unknownKey(String(command.keyId(input)), command.unknownKey?.(input))
}

/** A key of the caller's own project that has not ended. */
function ownKey({ caller }: Call, id: string, found: LoadedKey | undefined, unknown?: KmsErrorCode): LoadedKey {
  if (found !== undefined && found.row.projectId === caller.project.row.id && found.row.deletedAt === null) return found
  throw unknownKey(id, unknown)
}

function unknownKey(id: string, code: KmsErrorCode = 'key-not-found'): KmsError {
  return code === 'ciphertext-invalid' ? invalidCiphertext() : new KmsError(code, `there is no key ${id} in this project`)
}

/** The one error for everything that keeps a ciphertext from opening. */
export function invalidCiphertext(): KmsError {
  return new KmsError('ciphertext-invalid', 'the ciphertext is not valid for this key and context')
}

function accepted<I, R>(task: Task, command: Command<I, R>, facts: Facts, effect: Effect<R>): Attempt<R> {
  const { refusal } = effect
  return {
    outcome: refusal === undefined ? { result: effect.result } : { error: refusal },
    secret: effect.secret,
    submission: {
      entry: entryOf(task, command.name, effect.keyId ?? facts.keyId, facts, {
        outcome: refusal?.code ?? 'ok',
        materialVersion: effect.materialVersion ?? null,
        contextDigest: effect.contextDigest?.toHex() ?? null,
        detail: effect.detail ?? null,
      }),
      guards: guardsOf(task, facts),
      notAfter: earlier(turningPoint(task, facts), effect.notAfter ?? null),
      writes: effect.writes ?? none,
      erases: effect.erases ?? false,
    },
  }
}

function refused<R>(task: Task, operation: string, facts: Facts, error: unknown): Attempt<R> {
  const outcome = error instanceof KmsError ? error.code : 'internal-error'
  return {
    outcome: { error },
    secret: undefined,
    submission: {
      entry: entryOf(task, operation, facts.keyId, facts, { outcome, materialVersion: null, contextDigest: null, detail: null }),
      guards: guardsOf(task, facts),
      notAfter: turningPoint(task, facts),
      writes: none,
      erases: false,
    },
  }
}

/** A call that a grant let through belongs to the project of the key: its owner must see who uses it. */
function entryOf(
  { call }: Task,
  operation: string,
  keyId: string | null,
  { passage, source }: Facts,
  rest: Pick<AuditEntry, 'outcome' | 'materialVersion' | 'contextDigest' | 'detail'>,
): AuditEntry {
  return {
    requestId: call.requestId,
    signatureDigest: call.signatureDigest,
    dialect: call.dialect,
    operation,
    project: passage?.key.row.projectId ?? call.caller.project.row.id,
    principal: call.caller.principal,
    source: call.source,
    keyId,
    keyRevision: passage?.key.row.revision ?? null,
    tries: call.tries,
    count: 1,
    ...rest,
    detail: source === undefined ? detailOf(passage?.grant ?? null, rest.detail) : sourceKeyDetail(source.row, rest.detail),
  }
}

function detailOf(grant: Grant | null, detail: string | null): string | null {
  if (grant === null) return detail
  return detail === null ? `grant ${grant.row.id}` : `grant ${grant.row.id}: ${detail}`
}

function guardsOf({ call }: Task, { found, source }: Facts): readonly RowReference[] {
  const guards = found === undefined ? call.caller.guards : found.guardsBeside(call.caller.guards)
  return source === undefined ? guards : source.guardsBeside(guards)
}

/** The instant at which a key's state changes by itself: its material expires. */
function turningPoint({ now }: Task, { passage, source }: Facts): number | null {
  const of = (key: LoadedKey | undefined): number | null => {
    const expiresAt = key?.row.materialExpiresAt ?? null
    return expiresAt !== null && now < expiresAt ? expiresAt : null
  }
  return earlier(of(passage?.key), of(source))
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
