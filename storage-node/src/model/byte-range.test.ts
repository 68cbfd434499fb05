import fc from 'fast-check'
import { contentRange, copyRange, requestedRange } from './byte-range.ts'

/** `start-end` inclusive, as a client would write it, or the kind. */
function answer(header: string | undefined, sizeBytes: number, isStandard: boolean): string {
  const range = requestedRange(header, sizeBytes, isStandard)
  return range.kind === 'part' ? `${range.start}-${range.end - 1}` : range.kind
}

// Of an object of 1,000 bytes: by default, and with x-oss-range-behavior: standard.
test.each([
  [undefined, 'whole', 'whole'],
  ['bytes=0-499', '0-499', '0-499'],
  ['bytes=0-0', '0-0', '0-0'],
  ['bytes=999-999', '999-999', '999-999'],
  ['bytes=0-999', '0-999', '0-999'],
  ['bytes=500-', '500-999', '500-999'],
  ['bytes=-1', '999-999', '999-999'],
  ['bytes=-1000', '0-999', '0-999'],
  ['bytes=500-1000', 'whole', '500-999'],
  ['bytes=0-99999999999999999999999', 'whole', '0-999'],
  ['bytes=-1001', 'whole', '0-999'],
  ['bytes=1000-', 'whole', 'unsatisfiable'],
  ['bytes=1000-2000', 'whole', 'unsatisfiable'],
  ['bytes=99999999999999999999999-', 'whole', 'unsatisfiable'],
  ['bytes=-0', 'whole', 'unsatisfiable'],
  ['bytes=5-2', 'whole', 'whole'],
  ['bytes=5000-2000', 'whole', 'whole'],
  ['bytes=-', 'whole', 'whole'],
  ['bytes=', 'whole', 'whole'],
  ['bytes=a-b', 'whole', 'whole'],
  ['bytes=0-1,5-6', 'whole', 'whole'],
  ['bytes=0x1-2', 'whole', 'whole'],
  ['bytes = 0-1', 'whole', 'whole'],
  ['chars=0-1', 'whole', 'whole'],
  ['0-1', 'whole', 'whole'],
  ['', 'whole', 'whole'],
])('%s means %s, or %s in standard mode', (header, byDefault, standard) => {
  expect(answer(header, 1000, false)).toBe(byDefault)
  expect(answer(header, 1000, true)).toBe(standard)
})

test.each([
  ['bytes=0-', 'whole', 'unsatisfiable'],
  ['bytes=0-0', 'whole', 'unsatisfiable'],
  ['bytes=-5', 'whole', 'unsatisfiable'],
  ['nonsense', 'whole', 'whole'],
])('of an empty object %s means %s, or %s in standard mode', (header, byDefault, standard) => {
  expect(answer(header, 0, false)).toBe(byDefault)
  expect(answer(header, 0, true)).toBe(standard)
})

test('a part lies within the object and is not empty', () => {
  const number = fc.option(fc.nat(3000), { nil: '' })
  fc.assert(
    fc.property(
      number,
      number,
      fc.nat(2000),
      fc.boolean(),
      (first, last, sizeBytes, isStandard) => {
        const range = requestedRange(`bytes=${first}-${last}`, sizeBytes, isStandard)
        if (range.kind !== 'part') return
        expect(range.start).toBeGreaterThanOrEqual(0)
        expect(range.end).toBeGreaterThan(range.start)
        expect(range.end).toBeLessThanOrEqual(sizeBytes)
      },
    ),
    { numRuns: 1000 },
  )
})

test('a copy takes everything unless its range fits', () => {
  expect(copyRange('bytes=10-19', 100)).toEqual({ start: 10, end: 20 })
  expect(copyRange('bytes=10-100', 100)).toEqual({ start: 0, end: 100 })
  expect(copyRange('10-19', 100)).toEqual({ start: 0, end: 100 })
  expect(copyRange(undefined, 100)).toEqual({ start: 0, end: 100 })
})

test('the end of Content-Range is inclusive', () => {
  expect(contentRange({ start: 10, end: 20 }, 100)).toBe('bytes 10-19/100')
})
