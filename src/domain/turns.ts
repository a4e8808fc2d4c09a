/**
 * Turns at a shared resource: work waits by party, parties take turns, and each gets the same share
 * of the time that the work takes. Start-time fair queueing (Goyal, Vin, Cheng 1996) decides the
 * order, dynamic thresholds (Choudhury, Hahne 1998) who may wait. Pure.
 */

/** Whose turn a piece of work uses. */
export type Turn = {
  /** The project that asks; for a stranger, where they come from. Parties take turns. */
  readonly party: string
  /** Who asks within the party. */
  readonly principal: string
  /** Goes before strangers, if `TurnsInRanks` separates them. */
  readonly isKnown?: boolean
}

export type TurnBounds = {
  /**
   * Pieces of work that may wait. A party may have as many waiting as there are free places, so a
   * newcomer finds one.
   */
  readonly waiting: number
  /** Pieces of one principal that may wait or be under way. */
  readonly ofPrincipal: number
  /**
   * Pieces under way at once. A party may have as many as are free, so a party alone has half of
   * them, and at least one.
   */
  readonly atOnce: number
  /** After this many milliseconds of waiting, nobody wants the work any longer. */
  readonly patienceMs: number
}

/**
 * Clients and sockets give up after a minute: work that waited almost as long is refused instead of
 * done.
 */
export const clientPatienceMs = 50_000

/** Work whose turn it is. `expected` is its estimated cost, taken from its party's last piece. */
export type Taken<W> = { readonly work: W; readonly turn: Turn; readonly expected: number }

type Entry<W> = {
  readonly work: W
  readonly turn: Turn
  readonly since: number
  readonly place: number
}

type Party<W> = {
  readonly queue: Entry<W>[]
  /**
   * What it was given so far, on the scale of `#served`: the party with the lowest value goes next.
   */
  given: number
  underWay: number
  /** Cost of its last piece. */
  cost: number
}

/** No piece is free of cost: a party of countless small ones takes turns too. */
const leastCost = 0.001

/** Hands out turns. */
export type TurnTaking<W> = {
  readonly waiting: number
  enter(work: W, turn: Turn, now: number): boolean
  take(now: number): Taken<W> | undefined
  end(taken: Taken<W>, cost: number): void
}

export class Turns<W> implements TurnTaking<W> {
  readonly #bounds: TurnBounds
  readonly #expired: (work: W) => void
  readonly #parties = new Map<string, Party<W>>()
  readonly #principals = new Map<string, number>()
  #waiting = 0
  #underWay = 0
  /**
   * What the party that was served last had been given by then: a newcomer starts there and has
   * nothing to catch up on.
   */
  #served = 0
  #places = 0
  #lastCost = 1

  /** @param expired receives the work that waited longer than `patienceMs`, when its turn comes. */
  constructor(bounds: TurnBounds, expired: (work: W) => void) {
    this.#bounds = bounds
    this.#expired = expired
  }

  /** Pieces that wait. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * @param now in milliseconds that never jump.
   * @returns false if too much work of the party or the principal is waiting; the work is then not
   * queued.
   */
  enter(work: W, turn: Turn, now: number): boolean {
    const principal = nameOf(turn)
    const ofPrincipal = this.#principals.get(principal) ?? 0
    const known = this.#parties.get(turn.party)
    const free = this.#bounds.waiting - this.#waiting
    if ((known?.queue.length ?? 0) >= free || ofPrincipal >= this.#bounds.ofPrincipal) return false
    const party = known ?? { queue: [], given: this.#served, underWay: 0, cost: this.#lastCost }
    if (known === undefined) this.#parties.set(turn.party, party)
    // A party gets no credit for time in which it asked for nothing.
    if (party.queue.length === 0) party.given = Math.max(party.given, this.#served)
    party.queue.push({ work, turn, since: now, place: this.#places++ })
    this.#principals.set(principal, ofPrincipal + 1)
    this.#waiting++
    return true
  }

  /**
   * The oldest work of the party whose turn it is; undefined if no waiting work may begin now. The
   * caller ends it with `end`.
   */
  take(now: number): Taken<W> | undefined {
    for (;;) {
      const party = this.#next()
      const first = party?.queue.shift()
      if (party === undefined || first === undefined) return undefined
      this.#waiting--
      if (now - first.since >= this.#bounds.patienceMs) {
        this.#left(first.turn)
        this.#expired(first.work)
        continue
      }
      this.#served = Math.max(this.#served, party.given)
      const expected = party.cost
      party.given += expected
      party.underWay++
      this.#underWay++
      return { work: first.work, turn: first.turn, expected }
    }
  }

  /** Takes waiting work out of the queue, in the order of parties. */
  leave(isLeaving: (work: W) => boolean): W[] {
    const left: W[] = []
    for (const party of this.#parties.values()) {
      const staying = party.queue.filter(({ work }) => !isLeaving(work))
      for (const { work, turn } of party.queue.filter(({ work }) => isLeaving(work))) {
        this.#left(turn)
        left.push(work)
      }
      this.#waiting -= party.queue.length - staying.length
      party.queue.splice(0, party.queue.length, ...staying)
    }
    return left
  }

  /** @param cost the actual cost, in the unit in which all work here is measured. */
  end({ turn, expected }: Taken<W>, cost: number): void {
    this.#left(turn)
    this.#underWay--
    this.#lastCost = Math.max(cost, leastCost)
    const party = this.#parties.get(turn.party)
    if (party === undefined) return
    party.underWay--
    party.cost = this.#lastCost
    party.given += party.cost - expected
    // If nobody is waiting, nobody was held up: all start again as equals.
    if (this.#waiting === 0 && this.#underWay === 0) this.#parties.clear()
  }

  /**
   * The party that was given least and, among equals, the one that has waited longest; parties that
   * no longer need to be remembered are forgotten.
   */
  #next(): Party<W> | undefined {
    const free = this.#bounds.atOnce - this.#underWay
    let next: Party<W> | undefined
    for (const [name, party] of this.#parties) {
      const first = party.queue[0]
      if (first === undefined) {
        if (party.underWay === 0 && party.given <= this.#served) this.#parties.delete(name)
        continue
      }
      if (party.underWay >= free) continue
      const least = next?.queue[0]
      if (next === undefined || least === undefined || party.given < next.given) next = party
      else if (party.given === next.given && first.place < least.place) next = party
    }
    return next
  }

  #left(turn: Turn): void {
    const principal = nameOf(turn)
    const left = (this.#principals.get(principal) ?? 1) - 1
    if (left === 0) this.#principals.delete(principal)
    else this.#principals.set(principal, left)
  }
}

/**
 * Turns for one piece at a time, in which known callers go before strangers. Each of the two ranks
 * has places of its own.
 */
export class TurnsInRanks<W> implements TurnTaking<W> {
  readonly #known: Turns<W>
  readonly #strangers: Turns<W>
  readonly #strangersShare: number
  /** Pieces of known callers since the last one of a stranger. */
  #inARow = 0

  /**
   * @param strangersShare one of this many pieces is a stranger's, however many known callers wait.
   */
  constructor(bounds: TurnBounds, strangersShare: number, expired: (work: W) => void) {
    this.#known = new Turns(bounds, expired)
    this.#strangers = new Turns(bounds, expired)
    this.#strangersShare = strangersShare
  }

  get waiting(): number {
    return this.#known.waiting + this.#strangers.waiting
  }

  /** As `Turns.enter`. */
  enter(work: W, turn: Turn, now: number): boolean {
    return this.#rankOf(turn).enter(work, turn, now)
  }

  /** As `Turns.take`. */
  take(now: number): Taken<W> | undefined {
    const strangerNext = this.#inARow >= this.#strangersShare - 1
    const taken = strangerNext
      ? (this.#strangers.take(now) ?? this.#known.take(now))
      : (this.#known.take(now) ?? this.#strangers.take(now))
    if (taken !== undefined) this.#inARow = taken.turn.isKnown === true ? this.#inARow + 1 : 0
    return taken
  }

  /** As `Turns.end`. */
  end(taken: Taken<W>, cost: number): void {
    this.#rankOf(taken.turn).end(taken, cost)
  }

  #rankOf({ isKnown }: Turn): Turns<W> {
    return isKnown === true ? this.#known : this.#strangers
  }
}

function nameOf({ party, principal }: Turn): string {
  return `${party} ${principal}`
}
