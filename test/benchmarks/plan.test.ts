import { keyAt } from './plan.ts'

test('keys are numbered, in folders if so asked', () => {
  expect(keyAt({ prefix: 'o', count: 10 }, 12)).toBe('o000000002')
  expect(keyAt({ prefix: 'p', count: 1_000_000, keysPerFolder: 1000 }, 500_499)).toBe(
    'p000500/000499',
  )
})

test.each([1, 2, 16, 1000, 10_000])('a shuffled walk over %d keys visits each once', (count) => {
  const keys = Array.from({ length: count }, (_, index) => {
    return keyAt({ prefix: '', count, shuffled: true }, index)
  })
  expect(new Set(keys).size).toBe(count)
})
