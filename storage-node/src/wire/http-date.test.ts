import fc from 'fast-check'
import {
  formatHttpDate,
  formatIsoBasic,
  formatIsoDate,
  parseHttpDate,
  parseIsoBasic,
} from './http-date.ts'

const timeMs = fc.integer({ min: 0, max: 253_402_300_799_999 })

test('dates are written as the platform writes them, and read back', () => {
  fc.assert(
    fc.property(timeMs, (time) => {
      const seconds = Math.floor(time / 1000) * 1000
      const date = new Date(seconds)
      expect(formatHttpDate(time)).toBe(date.toUTCString())
      expect(formatIsoDate(time)).toBe(date.toISOString())
      expect(formatIsoBasic(time)).toBe(date.toISOString().replace(/[-:]|\.000/g, ''))
      expect(parseHttpDate(formatHttpDate(time))).toBe(seconds)
      expect(parseIsoBasic(formatIsoBasic(time))).toBe(seconds)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 CET',
  'Sun, 06 anF 1994 08:49:37 GMT',
  'Sun, 31 Feb 1994 08:49:37 GMT',
  'Mon, 29 Feb 2100 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  '784111777',
  '',
])('%j is no HTTP date', (text) => expect(parseHttpDate(text)).toBeUndefined())

test.each(['20231301T000000Z', '20230230T000000Z', '20230101T240000Z', '2023-01-01T00:00:00Z', ''])(
  '%j is no basic ISO date',
  (text) => expect(parseIsoBasic(text)).toBeUndefined(),
)

test('a leap day of a fourth century is a day', () => {
  expect(parseIsoBasic('20000229T000000Z')).toBe(Date.UTC(2000, 1, 29))
})
