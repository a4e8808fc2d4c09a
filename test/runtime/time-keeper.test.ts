/**
 * The floor of time: what it follows and what it does not, while a server runs and at its start.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClockState } from '../../src/ports/clock.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { FakeClock } from '../fakes/clock.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000] as const
const year = 365 * day
const begin = 1_800_000_000_000

/**
 * A server that runs, with the clock checked every second and a write every second, like a busy
 * one.
 */
function running(clock: FakeClock, time: TimeKeeper) {
  let state: ClockState = { kind: 'right' }
  const pass = (ms: number): void => {
    // Long times in longer steps: it matters that many seconds are seen.
    const step = Math.max(second + 0.3, ms / 5000)
    for (let left = ms; left > 0; left -= step) {
      clock.advance(Math.min(step, left))
      state = time.watch()
      time.committed(time.follow())
      assert.ok(
        Number.isSafeInteger(time.decidingNow()) && Number.isSafeInteger(time.follow()),
        'instants are whole',
      )
    }
  }
  return {
    pass,
    /** The current state of the wall clock. */
    judged: (): string => {
      state = time.watch()
      return state.kind
    },
    /** How far the floor is ahead of the wall clock. */
    floorAhead: (): number => time.follow() - clock.wallNow(),
  }
}

describe('while a server runs', () => {
  function server() {
    const clock = new FakeClock(begin)
    const time = new TimeKeeper(clock, begin)
    const run = running(clock, time)
    run.pass(minute)
    return { clock, time, ...run }
  }

  const jumps: readonly [what: string, ms: number, judged: string][] = [
    ['a leap second', second, 'right'],
    ['a step of NTP', 40 * second, 'right'],
    ['a step back of NTP', -40 * second, 'right'],
    ['two minutes ahead', 2 * minute, 'ahead'],
    ['two minutes back', -2 * minute, 'behind'],
    ['a day ahead', day, 'ahead'],
    ['a day back', -day, 'behind'],
    ['ten years ahead', 10 * year, 'ahead'],
    ['ten years back', -10 * year, 'behind'],
  ]
  for (const [what, ms, judged] of jumps) {
    test(`${what}: the clock is ${judged}`, () => {
      const { clock, judged: now, pass } = server()
      clock.jump(ms)
      assert.equal(now(), judged)
      pass(minute)
      assert.equal(now(), judged)
    })

    test(`${what}, for an hour, and back: everything is as before`, () => {
      const { clock, judged: now, pass, floorAhead, time } = server()
      clock.jump(ms)
      pass(hour)
      clock.jump(-ms)
      assert.equal(now(), 'right')
      assert.ok(Math.abs(floorAhead()) <= 40 * second, `the floor is ${floorAhead()} ms ahead`)
      pass(2 * hour)
      assert.ok(Math.abs(floorAhead()) <= 1)
      assert.ok(time.decidingNow() - clock.wallNow() <= 1)
    })
  }

  test('a jump is not followed, however long it lasts', () => {
    const { clock, pass, floorAhead } = server()
    clock.jump(day)
    pass(30 * day)
    assert.ok(Math.abs(floorAhead() + day) <= 1)
  })

  test('with the wall clock set back, time continues to pass: what is due to expire expires', () => {
    const { clock, time, pass } = server()
    const before = time.decidingNow()
    clock.jump(-year)
    assert.ok(time.decidingNow() >= before)
    pass(hour)
    assert.ok(Math.abs(time.decidingNow() - before - hour) <= 1)
  })

  test('a small difference is made up at one hundredth of the time that passes', () => {
    for (const ms of [50 * second, -50 * second]) {
      const { clock, pass, floorAhead } = server()
      clock.jump(ms)
      pass(1000 * second)
      assert.ok(Math.abs(floorAhead() + (ms - Math.sign(ms) * 10 * second)) <= 2, `${floorAhead()}`)
    }
  })

  test('steps that are each tolerable do not carry the floor away', () => {
    const { clock, pass, floorAhead } = server()
    let jumped = 0
    for (let i = 0; i < 60; i++) {
      clock.jump(50 * second)
      jumped += 50 * second
      pass(minute)
    }
    assert.ok(
      jumped + floorAhead() <= 0.01 * hour + minute,
      'in an hour, no more than a hundredth of it and the last step',
    )
  })

  test('a sleep of the machine is known, and followed', () => {
    const { clock, judged, pass, floorAhead } = server()
    clock.sleep(9 * hour)
    pass(second)
    assert.equal(judged(), 'right')
    assert.ok(Math.abs(floorAhead()) <= 1)
  })

  test('a stop of the machine by its host is not known, and not followed', () => {
    const { clock, judged } = server()
    clock.jump(9 * hour)
    assert.equal(judged(), 'ahead')
  })

  test('an accepted clock is right: ahead or back, and only in the accepted direction', () => {
    for (const [direction, ms] of [
      ['ahead', day],
      ['behind', -day],
    ] as const) {
      const { clock, time, judged, floorAhead } = server()
      assert.equal(time.accept(direction), false, 'there is nothing to accept')
      clock.jump(ms)
      assert.equal(time.accept(direction === 'ahead' ? 'behind' : 'ahead'), false)
      assert.equal(judged(), direction)
      assert.equal(time.accept(direction), true)
      assert.equal(judged(), 'right')
      assert.equal(floorAhead(), 0)
      time.rolledBack()
      assert.equal(judged(), direction, 'what was not committed was not accepted')
      assert.equal(time.accept(direction), true)
      time.committed(time.follow())
      time.accepted(1)
      time.rolledBack()
      assert.equal(judged(), 'right')
    }
  })
})

describe('at a start', () => {
  const starts: readonly [
    what: string,
    stoppedMs: number,
    judged: string,
    after: number,
    then: string,
  ][] = [
    ['at once after a stop', second, 'right', minute, 'right'],
    ['three hours after a stop', 3 * hour, 'right', minute, 'right'],
    ['half a minute before the last record', -30 * second, 'right', hour, 'right'],
    ['two days after the last record', 2 * day, 'ahead', 59 * minute, 'ahead'],
    ['two days after the last record, an hour later', 2 * day, 'ahead', 61 * minute, 'right'],
    ['ten years after the last record, an hour later', 10 * year, 'ahead', 61 * minute, 'right'],
    ['ten minutes before the last record', -10 * minute, 'behind', 2 * hour, 'behind'],
    ['ten years before the last record', -10 * year, 'behind', 2 * hour, 'behind'],
  ]
  for (const [what, stoppedMs, judged, after, then] of starts)
    test(`${what}: ${judged}, then ${then}`, () => {
      const clock = new FakeClock(begin + stoppedMs)
      const time = new TimeKeeper(clock, begin)
      const run = running(clock, time)
      assert.equal(run.judged(), judged)
      assert.ok(time.decidingNow() >= Math.max(begin, clock.wallNow()))
      run.pass(after)
      assert.equal(run.judged(), then)
      if (then === 'right') assert.ok(Math.abs(run.floorAhead()) <= 1)
    })

  test('of a machine that has just started, its clock may yet be set, either way', () => {
    for (const corrections of [[8 * hour], [-3 * hour], [hour, -2 * hour, 8 * hour]]) {
      const clock = new FakeClock(begin + 4 * hour, 20 * second)
      const time = new TimeKeeper(clock, begin)
      const run = running(clock, time)
      for (const correction of corrections) {
        assert.equal(run.judged(), 'starting')
        run.pass(30 * second)
        clock.jump(correction)
      }
      assert.equal(run.judged(), 'starting')
      run.pass(10 * minute)
      assert.equal(run.judged(), 'right')
      assert.ok(Math.abs(run.floorAhead()) <= 1)
    }
  })

  test('without a battery the clock continues from the last stop until NTP sets it: that is not a jump', () => {
    const clock = new FakeClock(begin + second, 20 * second)
    const run = running(clock, new TimeKeeper(clock, begin))
    assert.equal(run.judged(), 'right')
    run.pass(30 * second)
    clock.jump(5 * hour)
    assert.equal(run.judged(), 'starting')
    run.pass(10 * minute)
    assert.equal(run.judged(), 'right')
  })

  test('a clock far ahead is followed after an hour in which it stays where it is, not before', () => {
    const clock = new FakeClock(begin + 2 * day)
    const run = running(clock, new TimeKeeper(clock, begin))
    run.pass(59 * minute)
    clock.jump(10 * year)
    run.pass(59 * minute)
    assert.equal(run.judged(), 'ahead')
    clock.jump(-10 * year - 2 * day)
    assert.equal(run.judged(), 'right')
    run.pass(2 * hour)
    assert.ok(Math.abs(run.floorAhead()) <= 1)
  })
})

describe('another epoch', () => {
  const later = begin + 5 * hour

  test('time goes on from its floor, once: a log that enters it later does not set time back', () => {
    const clock = new FakeClock(begin)
    const time = new TimeKeeper(clock, begin)
    clock.jump(5 * hour)
    time.enter(1, later)
    assert.ok(Math.abs(time.follow() - later) <= 1)
    clock.advance(2 * hour)
    for (const floor of [later, begin]) time.enter(1, floor)
    assert.ok(Math.abs(time.follow() - later - 2 * hour) <= second)
    assert.equal(time.watch().kind, 'right')
  })

  test('begun here is entered already', () => {
    const clock = new FakeClock(begin)
    const time = new TimeKeeper(clock, begin, 3)
    clock.jump(5 * hour)
    time.watch()
    clock.advance(hour)
    clock.jump(-20 * hour)
    assert.equal(time.accept('behind'), true)
    const floor = time.follow()
    time.accepted(4)
    clock.advance(hour)
    time.enter(4, floor)
    assert.equal(time.follow(), floor + hour)
  })

  const heardLate: readonly (readonly [what: string, byMs: number, floor: number])[] = [
    ['set forward', 5 * hour, begin + 5 * hour],
    ['set back', -5 * hour, begin - 5 * hour],
  ]
  for (const [what, byMs, floor] of heardLate)
    test(`a clock ${what}, found out a quarter of an hour later: the clock that all accepted is right`, () => {
      const clock = new FakeClock(begin)
      const time = new TimeKeeper(clock, begin)
      clock.jump(byMs)
      clock.advance(15 * minute)
      time.enter(1, floor)
      assert.equal(time.watch().kind, 'right')
      assert.ok(Math.abs(time.follow() - clock.wallNow()) <= second)
    })

  test('an earlier one is not entered', () => {
    const clock = new FakeClock(begin)
    const time = new TimeKeeper(clock, begin, 2)
    for (const epoch of [0, 1, 2]) time.enter(epoch, begin - day)
    assert.ok(time.follow() >= begin)
  })
})

test('a floor from before an accepted clock is not written again', () => {
  const clock = new FakeClock(begin)
  const time = new TimeKeeper(clock, begin)
  clock.jump(-12 * hour)
  // Until it is known how long the node did not hear of it, the floor that is kept is shown.
  clock.jump(6 * hour)
  time.enter(1, begin - 12 * hour)
  assert.ok(time.follow() < begin, 'not that of before')
})
