import { findIrregularRead } from './regularity.ts'
import type { RegisterCall } from './regularity.ts'

type Moments = readonly [invokedAt: number, returnedAt?: number]

const write = (value: string, ...[invokedAt, returnedAt]: Moments): RegisterCall => {
  return { isRead: false, value, invokedAt, returnedAt }
}
const read = (value: string, ...[invokedAt, returnedAt]: Moments): RegisterCall => {
  return { isRead: true, value, invokedAt, returnedAt }
}

test.each<[string, readonly RegisterCall[]]>([
  ['what is there before any write', [read('first', 1, 2), write('a', 3, 4)]],
  ['what was acknowledged', [write('a', 1, 2), read('a', 3, 4)]],
  [
    'old and new while a write is under way',
    [write('a', 1, 9), read('first', 2, 3), read('a', 4, 5)],
  ],
  [
    'new, then old, while a write is under way',
    [write('a', 1, 9), read('a', 2, 3), read('first', 4, 5)],
  ],
  [
    'either of two writes at a time',
    [write('a', 1, 4), write('b', 2, 3), read('a', 5, 6), read('b', 7, 8)],
  ],
  [
    'a write of which nobody knows',
    [write('a', 1), read('first', 2, 3), read('a', 4, 5), read('first', 6, 7)],
  ],
  [
    'a value that was written again',
    [write('a', 1, 2), write('b', 3, 4), write('a', 5, 6), read('a', 7, 8)],
  ],
])('%s may be shown', (_what, calls) => {
  expect(findIrregularRead('first', calls)).toBeUndefined()
})

test.each<[string, readonly RegisterCall[]]>([
  ['what was there before an acknowledged write', [write('a', 1, 2), read('first', 3, 4)]],
  ['what was replaced', [write('a', 1, 2), write('b', 3, 4), read('a', 5, 6)]],
  ['what is written later', [read('a', 1, 2), write('a', 3, 4)]],
  ['what nobody wrote', [write('a', 1, 2), read('b', 3, 4)]],
])('%s must not be shown', (_what, calls) => {
  expect(findIrregularRead('first', calls)).toBe(calls.find(({ isRead }) => isRead))
})
