import { findCondition, isTrue, setConditions } from './conditions.ts'

const ready = { type: 'Ready', status: 'True', reason: 'Serves', message: 'Serves' } as const

test('a condition has the time at which its status changed, not its words', () => {
  const first = setConditions(undefined, [ready], 1_000)
  expect(first).toEqual([{ ...ready, lastTransitionTime: '1970-01-01T00:00:01Z' }])
  const again = setConditions(first, [{ ...ready, message: 'Still serves' }], 9_000)
  expect(again[0]).toMatchObject({
    ...{ message: 'Still serves', lastTransitionTime: '1970-01-01T00:00:01Z' },
  })
  const broken = setConditions(again, [{ ...ready, status: 'False' }], 9_500)
  expect(broken[0]).toMatchObject({ lastTransitionTime: '1970-01-01T00:00:09Z' })
})

test('what is not said anew stays, in the order of types', () => {
  const both = setConditions(setConditions([], [ready], 0), [{ ...ready, type: 'Degraded' }], 0)
  expect(both.map(({ type }) => type)).toEqual(['Degraded', 'Ready'])
  expect(isTrue(both, 'Ready')).toBe(true)
  expect(isTrue(both, 'Progressing')).toBe(false)
  expect(findCondition(undefined, 'Ready')).toBeUndefined()
})
