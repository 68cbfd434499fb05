/**
 * The search and a search by brute force agree on thousands of small histories, right ones and wrong ones.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { SeededRandom } from '../../crash/seeded-random.ts'
import { checkLinearizability } from './linearizability.ts'
import type { Specification, Timed } from './linearizability.ts'

type Call =
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'read'; readonly value: number }
  /** Answers with whether it swapped. */
  | { readonly kind: 'swap'; readonly from: number; readonly to: number; readonly isDone: boolean }

const register: Specification<number, Call> = {
  first: 0,
  next(state, call) {
    switch (call.kind) {
      case 'write':
        return call.value
      case 'read':
        return state === call.value ? state : undefined
      case 'swap':
        if (call.isDone !== (state === call.from)) return undefined
        return call.isDone ? call.to : state
      default:
        return unreachable(call)
    }
  },
  keyOf: String,
}

/** Every order of every choice of unknown calls, by trying. */
function isExplained(calls: readonly Timed<Call>[], state: number, rest = new Set(calls)): boolean {
  const required = [...rest].filter(({ returnedAt }) => returnedAt !== undefined)
  if (required.length === 0) return true
  const limit = Math.min(...required.map(({ returnedAt }) => returnedAt ?? Infinity))
  return [...rest].some((next) => {
    if (next.invokedAt > limit) return false
    const after = register.next(state, next.call)
    if (after === undefined) return false
    const others = new Set(rest)
    others.delete(next)
    return isExplained(calls, after, others)
  })
}

const VALUE_COUNT = 3
const CALL_COUNT_MAX = 7

/** Calls at random times with random answers: some make sense, many do not. */
function randomCalls(random: SeededRandom): Timed<Call>[] {
  const count = random.between(2, CALL_COUNT_MAX)
  const span = random.between(2, 16)
  return Array.from({ length: count }, () => {
    const invokedAt = random.below(4 * count)
    const call = randomCall(random)
    const isRead = call.kind === 'read'
    const returnedAt = random.chance(0.2) ? undefined : invokedAt + 0.5 + random.below(span)
    return { call, invokedAt, returnedAt, isRead }
  })
}

function randomCall(random: SeededRandom): Call {
  const value = random.below(VALUE_COUNT)
  const turn = random.below(10)
  if (turn < 4) return { kind: 'write', value }
  if (turn < 8) return { kind: 'read', value }
  return { kind: 'swap', from: value, to: random.below(VALUE_COUNT), isDone: random.chance(0.6) }
}

test('it agrees with brute force', () => {
  const counts = { linearizable: 0, violated: 0, undecided: 0 }
  for (let seed = 1; seed <= 6_000; seed++) {
    const calls = randomCalls(new SeededRandom(seed))
    const { kind } = checkLinearizability(register, calls)
    const expected = isExplained(calls, register.first) ? 'linearizable' : 'violated'
    expect({ seed, kind }).toEqual({ seed, kind: expected })
    counts[kind]++
  }
  // Both kinds are there in numbers.
  expect(counts.linearizable).toBeGreaterThan(1_000)
  expect(counts.violated).toBeGreaterThan(1_000)
})

test('many writes of unknown outcome do not make it explode', () => {
  const calls: Timed<Call>[] = []
  for (let index = 0; index < 60; index++) {
    const isRead = index % 3 === 0
    const call: Call = isRead ? { kind: 'read', value: 0 } : { kind: 'write', value: index }
    calls.push({
      call,
      invokedAt: index * 2,
      returnedAt: isRead ? index * 2 + 1 : undefined,
      isRead,
    })
  }
  expect(checkLinearizability(register, calls).kind).toBe('linearizable')
  const wrong: Timed<Call> = {
    ...{ call: { kind: 'read', value: 1_000 }, invokedAt: 200, returnedAt: 201, isRead: true },
  }
  expect(checkLinearizability(register, [...calls, wrong])).toMatchObject({
    kind: 'violated',
    culprit: wrong,
  })
})
