import fc from 'fast-check'
import { FOUNDING_RANGE_COUNT, foundingRanges, isInRange, SYSTEM_RANGE } from './founding-ranges.ts'

const counts = fc.integer({ min: 1, max: 4096 })
const positions = fc.uint8Array({ minLength: 8, maxLength: 20 })

test('a region begins with a system range and 24 user ranges', () => {
  const ranges = foundingRanges()
  expect(ranges).toHaveLength(1 + FOUNDING_RANGE_COUNT)
  expect(ranges[0]).toBe(SYSTEM_RANGE)
})

test('each range begins where the one before it ends, the first with nothing before it', () => {
  fc.assert(
    fc.property(counts, (count) => {
      const ranges = foundingRanges(count)
      expect(Buffer.from(ranges[0]?.start ?? []).equals(Buffer.alloc(8))).toBe(true)
      expect(ranges.at(-1)?.end).toHaveLength(0)
      for (const [at, { start, end }] of ranges.slice(0, -1).entries()) {
        expect(Buffer.compare(start, end)).toBe(-1)
        expect(Buffer.compare(end, ranges[at + 1]?.start ?? Buffer.alloc(0))).toBe(0)
      }
    }),
    { numRuns: 20 },
  )
})

test('every position is in exactly one range', () => {
  fc.assert(
    fc.property(counts, positions, (count, position) => {
      const holding = foundingRanges(count).filter((range) => isInRange(range, position))
      expect(holding).toHaveLength(1)
    }),
    { numRuns: 200 },
  )
})

test('the system range holds bucketId 0 alone', () => {
  expect(isInRange(SYSTEM_RANGE, Buffer.from('0000000000000000ff', 'hex'))).toBe(true)
  expect(isInRange(SYSTEM_RANGE, Buffer.from('0000000000000001', 'hex'))).toBe(false)
})

test('user ranges have even shares of the buckets', () => {
  const starts = foundingRanges(24).slice(1)
  const widths = starts.map(({ start, end }) => {
    const to = end.byteLength === 0 ? 0x1_0000 : Buffer.from(end).readUInt16BE()
    return to - Buffer.from(start).readUInt16BE()
  })
  expect(Math.max(...widths) - Math.min(...widths)).toBeLessThanOrEqual(1)
})

test.each([0, -1, 1.5, 4097, Number.NaN])('%d ranges are refused', (count) => {
  expect(() => foundingRanges(count)).toThrow('a region has 1 to 4096 founding ranges')
})
