/**
 * A client knows what it may find, also after it was killed.
 *
 * @module
 */

import type { RecordedStep } from './expected-objects.ts'
import { ExpectedObjects } from './expected-objects.ts'

function made(steps: readonly RecordedStep[] = []) {
  const record: RecordedStep[] = [...steps]
  return { record, objects: new ExpectedObjects(steps, (step) => record.push(step)) }
}

test('what was acknowledged must be there, and nothing else', () => {
  const { objects } = made()
  objects.begin('a', 'x')
  objects.acknowledge('a', 'x')
  expect(objects.wrongAbout('a', 'x')).toBeUndefined()
  expect(objects.wrongAbout('a', 'absent')).toBe('a is absent, not x')
  expect(objects.wrongAbout('a', 'y')).toBe('a is y, not x')
  expect(objects.presentCount).toBe(1)
})

test('what was deleted must not come back', () => {
  const { objects } = made()
  objects.acknowledge('a', 'x')
  objects.begin('a', 'absent')
  objects.acknowledge('a', 'absent')
  expect(objects.wrongAbout('a', 'absent')).toBeUndefined()
  expect(objects.wrongAbout('a', 'x')).toBe('a is x, not absent')
  expect(objects.presentCount).toBe(0)
})

test('a request without an answer leaves both, and the key alone', () => {
  const { objects } = made()
  objects.acknowledge('a', 'x')
  objects.begin('a', 'y')
  objects.doubt('a', 'y')
  for (const found of ['x', 'y']) expect(objects.wrongAbout('a', found)).toBeUndefined()
  expect(objects.wrongAbout('a', 'absent')).toBe('a is absent, not x or y')
  expect(objects.isCertain('a')).toBe(false)
})

test('a key that was never written is nobody else’s', () => {
  const { objects } = made()
  expect(objects.wrongAbout('a', 'x')).toBe('a is x, not absent')
  expect(objects.isCertain('a')).toBe(true)
})

test('a process goes on from the record of the one before', () => {
  const { objects, record } = made()
  objects.acknowledge('a', 'x')
  objects.acknowledge('b', 'x')
  objects.begin('b', 'y')
  const after = made(record).objects
  expect(after.keys).toEqual(['a', 'b'])
  expect(after.isCertain('a')).toBe(true)
  expect(after.isCertain('b')).toBe(false)
  expect(after.wrongAbout('a', 'absent')).toBe('a is absent, not x')
  expect(after.wrongAbout('b', 'y')).toBeUndefined()
})
