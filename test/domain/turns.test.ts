/**
 * Turns: order within a party, equal shares between parties, room for newcomers, patience; as
 * tables, and under random orders of events.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Turn, type TurnBounds, Turns, TurnsInRanks } from '../../src/domain/turns.ts'

type Work = { readonly party: string; readonly number: number; readonly cost: number }

const bounds: TurnBounds = { waiting: 1000, ofPrincipal: 1000, atOnce: 1, patienceMs: 50_000 }
const of = (party: string, principal = 'ann'): Turn => ({ party, principal })

/** A queue that a test fills and empties. */
class Bench {
  readonly expired: Work[] = []
  readonly turns: Turns<Work>
  #numbers = 0

  constructor(changed: Partial<TurnBounds> = {}) {
    this.turns = new Turns({ ...bounds, ...changed }, (work) => this.expired.push(work))
  }

  enter(party: string, { cost = 1, now = 0, principal = 'ann' } = {}): boolean {
    return this.turns.enter({ party, number: this.#numbers++, cost }, of(party, principal), now)
  }

  fill(party: string, count: number, cost = 1): void {
    for (let i = 0; i < count; i++) assert.ok(this.enter(party, { cost }))
  }

  /** Begins and ends the next piece. */
  one(now = 0): Work | undefined {
    const taken = this.turns.take(now)
    if (taken !== undefined) this.turns.end(taken, taken.work.cost)
    return taken?.work
  }

  parties(count: number): string {
    return Array.from({ length: count }, () => this.one()?.party ?? '-').join('')
  }
}

describe('order', () => {
  test('one party: in the order of arrival', () => {
    const bench = new Bench()
    bench.fill('a', 5)
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => bench.one()?.number),
      [0, 1, 2, 3, 4, undefined],
    )
  })

  test('two parties take turns, however many pieces one has', () => {
    const bench = new Bench()
    bench.fill('a', 100)
    bench.fill('b', 3)
    assert.equal(bench.parties(8), 'abababaa')
  })

  test('a newcomer goes next, and has nothing to catch up on', () => {
    const bench = new Bench()
    bench.fill('a', 100)
    bench.parties(50)
    bench.fill('b', 10)
    assert.equal(bench.parties(7), 'bababab')
  })

  test('a party whose work is always under way has nothing to catch up on either', () => {
    const bench = new Bench({ atOnce: 8 })
    bench.enter('a')
    const long = bench.turns.take(0)
    assert.ok(long)
    bench.fill('b', 40)
    assert.equal(bench.parties(20), 'b'.repeat(20))
    bench.fill('a', 10)
    assert.equal(bench.parties(6).split('a').length - 1, 3)
    bench.turns.end(long, 1)
  })

  test('shares are of the time that work takes, not of the number of pieces', () => {
    const bench = new Bench()
    bench.fill('a', 10, 8)
    bench.fill('b', 40, 1)
    const served = bench.parties(20)
    assert.ok(served.split('b').length - 1 >= 16, served)
  })

  test('a party that asks for one piece at a time is not served again before others have had as much', () => {
    const bench = new Bench()
    bench.fill('b', 10)
    bench.enter('a', { cost: 5 })
    const served: string[] = []
    for (let i = 0; i < 8; i++) {
      const party = bench.one()?.party ?? '-'
      served.push(party)
      if (party === 'a') bench.enter('a', { cost: 5 })
    }
    assert.equal(served.join(''), 'babbbbba')
  })
})

describe('bounds', () => {
  test('a party alone has half of the places, and a newcomer finds one', () => {
    const bench = new Bench({ waiting: 512 })
    const entered = Array.from({ length: 600 }, () => bench.enter('a')).filter(Boolean)
    assert.equal(entered.length, 256)
    assert.ok(bench.enter('b'))
  })

  test('a principal has its own bound, work under way counts, and others of its party are not shut out', () => {
    const bench = new Bench({ ofPrincipal: 2 })
    assert.ok(bench.enter('a') && bench.enter('a'))
    const taken = bench.turns.take(0)
    assert.ok(taken)
    assert.ok(!bench.enter('a'))
    assert.ok(bench.enter('a', { principal: 'bob' }))
    assert.ok(bench.enter('b'), 'the same name in another party is somebody else')
    bench.turns.end(taken, 1)
    assert.ok(bench.enter('a'))
  })

  test('a party alone has half of what may be under way; others get the rest', () => {
    const bench = new Bench({ atOnce: 4 })
    bench.fill('a', 10)
    const begun = [1, 2, 3].map(() => bench.turns.take(0)?.turn.party)
    assert.deepEqual(begun, ['a', 'a', undefined])
    bench.fill('b', 10)
    bench.fill('c', 10)
    assert.deepEqual(
      [1, 2, 3].map(() => bench.turns.take(0)?.turn.party),
      ['b', 'c', undefined],
    )
  })

  test('work that waited too long is handed back, and later work is done', () => {
    const bench = new Bench({ patienceMs: 100 })
    bench.enter('a', { now: 0 })
    bench.enter('a', { now: 50 })
    assert.equal(bench.one(120)?.number, 1)
    assert.deepEqual(
      bench.expired.map(({ number }) => number),
      [0],
    )
    assert.equal(bench.turns.waiting, 0)
  })

  test('work that leaves makes room, and the rest is done in its order', () => {
    const bench = new Bench({ waiting: 4, ofPrincipal: 2 })
    assert.ok(bench.enter('a') && bench.enter('a') && bench.enter('b'))
    assert.ok(!bench.enter('a'), 'two pieces of one principal')
    const left = bench.turns.leave(({ number }) => number === 0 || number === 2)
    assert.deepEqual(
      left.map(({ number }) => number),
      [0, 2],
    )
    assert.equal(bench.turns.waiting, 1)
    assert.ok(bench.enter('a'))
    assert.deepEqual([bench.one()?.number, bench.one()?.number, bench.one()], [1, 4, undefined])
  })
})

describe('two ranks', () => {
  const ranked = (waiting = 1000) => {
    const turns = new TurnsInRanks<string>({ ...bounds, waiting }, 4, () => {})
    return {
      enter: (party: string, isKnown: boolean) =>
        turns.enter(party, { party, principal: 'ann', isKnown }, 0),
      served: (count: number) =>
        Array.from({ length: count }, () => {
          const taken = turns.take(0)
          if (taken !== undefined) turns.end(taken, 1)
          return taken?.work ?? '-'
        }).join(''),
    }
  }

  test('a known caller goes before sixty strangers that are already waiting', () => {
    const { enter, served } = ranked()
    for (let i = 0; i < 60; i++) enter('s', false)
    served(3)
    enter('k', true)
    assert.equal(served(3), 'kss')
  })

  test('strangers get every fourth turn, however many known callers wait', () => {
    const { enter, served } = ranked()
    for (let i = 0; i < 20; i++) enter('k', true)
    for (let i = 0; i < 3; i++) enter('s', false)
    assert.equal(served(12), 'kkkskkkskkks')
  })

  test('parties take turns among known callers, too', () => {
    const { enter, served } = ranked()
    for (let i = 0; i < 10; i++) enter('k', true)
    enter('l', true)
    assert.equal(served(3), 'klk')
  })

  test('strangers never take the places of known callers', () => {
    const { enter } = ranked(8)
    for (let i = 0; i < 100; i++) enter(`stranger ${i}`, false)
    assert.ok(enter('k', true))
  })
})

const parties = ['a', 'b', 'c', 'd']
const events = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        party: fc.constantFrom(...parties),
        cost: fc.integer({ min: 1, max: 20 }),
      }),
    },
    { weight: 2, arbitrary: fc.constant('serve' as const) },
  ),
  { maxLength: 300 },
)

describe('any events in any order', () => {
  test('each piece is done once, in order within its party; places are bounded, and a party without one gets a free one', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 20 }), (happening, waiting) => {
        const bench = new Bench({ waiting })
        const entered = new Map<string, number[]>(parties.map((party) => [party, []]))
        const done = new Map<string, number[]>(parties.map((party) => [party, []]))
        let number = 0
        const serve = (): boolean => {
          const work = bench.one()
          if (work === undefined) return false
          done.get(work.party)?.push(work.number)
          return true
        }
        for (const event of happening) {
          if (event === 'serve') serve()
          else {
            const before = bench.turns.waiting
            const own =
              (entered.get(event.party)?.length ?? 0) - (done.get(event.party)?.length ?? 0)
            const letIn = bench.enter(event.party, event)
            assert.equal(letIn, own < waiting - before)
            if (letIn) entered.get(event.party)?.push(number)
            number++
          }
          assert.ok(bench.turns.waiting <= waiting)
        }
        while (serve());
        assert.deepEqual(done, entered)
        assert.equal(bench.turns.waiting, 0)
      }),
    )
  })

  test('two parties that are always waiting differ by at most the two largest pieces', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 30, maxLength: 30 })
    fc.assert(
      fc.property(costs, costs, events, fc.nat(20), (ofA, ofB, others, until) => {
        const bench = new Bench()
        const given = { a: 0, b: 0 }
        for (const cost of ofA) bench.enter('a', { cost })
        for (const cost of ofB) bench.enter('b', { cost })
        for (let i = 0; i < until; i++) {
          const other = others[i]
          if (other !== undefined && other !== 'serve')
            bench.enter(other.party === 'a' ? 'c' : 'd', other)
          const work = bench.one()
          if (work?.party === 'a' || work?.party === 'b') given[work.party] += work.cost
          const largest = Math.max(...ofA) + Math.max(...ofB)
          assert.ok(
            Math.abs(given.a - given.b) <= largest,
            `${given.a} against ${given.b}, bound ${largest}`,
          )
        }
      }),
    )
  })

  test('a newcomer waits at most for the current piece and one largest piece of every other party', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 5 }), (before, others) => {
        const bench = new Bench()
        for (const event of before) {
          if (event === 'serve') bench.one()
          else if (event.party !== 'd') bench.enter(event.party, event)
        }
        for (let i = 0; i < others; i++) bench.fill(`other ${i}`, 50, 20)
        bench.enter('newcomer', { cost: 1 })
        let waited = 0
        for (
          let work = bench.one();
          work !== undefined && work.party !== 'newcomer';
          work = bench.one()
        )
          waited += work.cost
        assert.ok(waited <= 20 * (others + 3), `waited ${waited}`)
      }),
    )
  })
})
