import { evaluateConditions, requireConditions, type Conditions } from './preconditions.ts'

const none: Conditions = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSinceMs: undefined,
  ifUnmodifiedSinceMs: undefined,
}
// Written at 5 s and a bit: clients see 5 s.
const subject = { etag: 'ABC', lastModifiedMs: 5400 }

test.each<[Partial<Conditions>, string]>([
  [{}, 'proceed'],
  [{ ifMatch: '"ABC"' }, 'proceed'],
  [{ ifMatch: 'ABC' }, 'proceed'],
  [{ ifMatch: 'abc' }, 'proceed'],
  [{ ifMatch: '*' }, 'proceed'],
  [{ ifMatch: '"X", "ABC"' }, 'proceed'],
  [{ ifMatch: '"X"' }, 'preconditionFailed'],
  [{ ifMatch: '' }, 'preconditionFailed'],
  [{ ifNoneMatch: '"ABC"' }, 'notModified'],
  [{ ifNoneMatch: 'ABC' }, 'notModified'],
  [{ ifNoneMatch: '*' }, 'notModified'],
  [{ ifNoneMatch: '"X"' }, 'proceed'],
  [{ ifModifiedSinceMs: 4000 }, 'proceed'],
  [{ ifModifiedSinceMs: 5000 }, 'notModified'],
  [{ ifModifiedSinceMs: 6000 }, 'notModified'],
  [{ ifUnmodifiedSinceMs: 4000 }, 'preconditionFailed'],
  [{ ifUnmodifiedSinceMs: 5000 }, 'proceed'],
  [{ ifUnmodifiedSinceMs: 6000 }, 'proceed'],
  // Each has to hold: one does not switch off another; 412 before 304.
  [{ ifMatch: '"ABC"', ifUnmodifiedSinceMs: 4000 }, 'preconditionFailed'],
  [{ ifMatch: '"X"', ifUnmodifiedSinceMs: 6000 }, 'preconditionFailed'],
  [{ ifNoneMatch: '"X"', ifModifiedSinceMs: 6000 }, 'notModified'],
  [{ ifNoneMatch: '"ABC"', ifModifiedSinceMs: 4000 }, 'notModified'],
  [{ ifMatch: '"X"', ifNoneMatch: '"ABC"' }, 'preconditionFailed'],
  [{ ifMatch: '"ABC"', ifNoneMatch: '"ABC"' }, 'notModified'],
  [{ ifModifiedSinceMs: 6000, ifUnmodifiedSinceMs: 4000 }, 'preconditionFailed'],
])('%j: %s', (conditions, outcome) => {
  expect(evaluateConditions({ ...none, ...conditions }, subject)).toBe(outcome)
})

test('a condition that fails is thrown with its status', () => {
  const thrown = (conditions: Partial<Conditions>) => () =>
    requireConditions({ ...none, ...conditions }, subject)
  expect(thrown({})).not.toThrow()
  expect(thrown({ ifMatch: 'X' })).toThrow(expect.objectContaining({ status: 412 }))
  expect(thrown({ ifNoneMatch: '*' })).toThrow(expect.objectContaining({ status: 304 }))
})
