import { nextRingStep, RING_KEY_LIFE_MS, type RingQuestion } from './ring-rotation.ts'

const key = (id: string, madeMs: number) => ({ id, madeMs })
const question = (change: Partial<RingQuestion>): RingQuestion => ({
  ...{ keys: [key('a', 1_000)], wanted: undefined, heldByAll: new Set<string>(), nowMs: 2_000 },
  ...change,
})
const both = [key('a', 1_000), key('b', 1_500)]
const dueMs = 1_000 + RING_KEY_LIFE_MS

test.each<[string, Partial<RingQuestion>, string]>([
  ['a young key seals on', {}, 'keep'],
  ['an old key gets another one behind it', { nowMs: dueMs }, 'add undefined'],
  ['a key that is named is made', { wanted: 'mine' }, 'add mine'],
  ['a key that not all have waits', { keys: both, heldByAll: new Set(['a']) }, 'wait b'],
  ['a key that all have seals', { keys: both, heldByAll: new Set(['a', 'b']) }, 'seal b'],
  ['one that is named and not held waits', { keys: both, wanted: 'b' }, 'wait b'],
  ['one that is named and in front stays', { keys: both, wanted: 'a' }, 'keep'],
  [
    'an older key that is named seals again',
    { keys: [...both].reverse(), wanted: 'a', heldByAll: new Set('a') },
    'seal a',
  ],
  ['an older key behind stays behind', { keys: [...both].reverse() }, 'keep'],
  ['no second key is made while one waits', { keys: both, nowMs: dueMs }, 'wait b'],
  [
    'a full ring stays',
    { keys: Array.from({ length: 90 }, (_, at) => key(`k${at}`, 0)), nowMs: dueMs },
    'keep',
  ],
  ['an empty ring is left', { keys: [], wanted: 'b' }, 'keep'],
])('%s', (_name, change, expected) => {
  const step = nextRingStep(question(change))
  expect('id' in step ? `${step.kind} ${step.id}` : step.kind).toBe(expected)
})
