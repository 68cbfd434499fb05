/**
 * Points in time as HTTP, XML and signatures write them.
 *
 * Times are milliseconds since 1970. Calendar arithmetic is done here rather than by `Date`: parsing
 * is strict, no time zone of the machine can interfere, and formatting costs a fraction.
 *
 * @module
 */

import { remembered } from '../base/remembered.ts'

const DAY_MS = 86_400_000
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const RFC_1123_LENGTH = 29
/** Year 9999: everything later has no four-digit year. */
const TIME_MS_MAX = 253_402_300_799_999
/** Requests of one second have the same dates: it costs 2 us to read one. */
const KEPT_COUNT_MAX = 64

/** RFC 1123 in GMT: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function formatHttpDate(timeMs: number): string {
  const { year, month, day, weekday, clock } = calendarOf(timeMs)
  const monthName = MONTHS.slice(month * 3 - 3, month * 3)
  return `${WEEKDAYS[weekday]}, ${two(day)} ${monthName} ${four(year)} ${clock} GMT`
}

/** Reads exactly what `formatHttpDate` writes; the name of the weekday is not checked. */
export const parseHttpDate = remembered(readHttpDate, KEPT_COUNT_MAX)

/** ISO 8601 with the milliseconds that OSS documents have: whole seconds, `.000Z`. */
export function formatIsoDate(timeMs: number): string {
  const { year, month, day, clock } = calendarOf(timeMs)
  return `${four(year)}-${two(month)}-${two(day)}T${clock}.000Z`
}

/** ISO 8601 basic form, as signature V4 has it: `20231203T121212Z`. */
export function formatIsoBasic(timeMs: number): string {
  const { year, month, day, clock } = calendarOf(timeMs)
  return `${four(year)}${two(month)}${two(day)}T${clock.replaceAll(':', '')}Z`
}

/** Reads exactly what `formatIsoBasic` writes. */
export const parseIsoBasic = remembered(readIsoBasic, KEPT_COUNT_MAX)

function readHttpDate(text: string): number | undefined {
  if (text.length !== RFC_1123_LENGTH) return undefined
  const match = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(
    text,
  )
  if (match === null) return undefined
  const [, day, monthName, year, hour, minute, second] = match
  const position = MONTHS.indexOf(monthName ?? '')
  if (position < 0 || position % 3 !== 0) return undefined
  return timeOf([Number(year), position / 3 + 1, Number(day)], [hour, minute, second].map(Number))
}

function readIsoBasic(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [year, month, day, ...clock] = match.slice(1).map(Number)
  return timeOf([year ?? 0, month ?? 0, day ?? 0], clock)
}

interface CalendarTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  /** `hh:mm:ss` */
  readonly clock: string
}

function calendarOf(timeMs: number): CalendarTime {
  const clamped = Math.min(Math.max(timeMs, 0), TIME_MS_MAX)
  const days = Math.floor(clamped / DAY_MS)
  const seconds = Math.floor((clamped - days * DAY_MS) / 1000)
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return { ...dateOf(days), weekday: (days + 4) % 7, clock }
}

/** Gregorian date of a day number; years are counted from March so that the leap day comes last. */
function dateOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

function timeOf(
  [year, month, day]: readonly [number, number, number],
  [hour = 0, minute = 0, second = 0]: readonly number[],
): number | undefined {
  if (year < 1970 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) {
    return undefined
  }
  const days = dayNumberOf(year, month, day)
  // A day that the month does not have comes back as another date.
  const found = dateOf(days)
  if (found.month !== month || found.day !== day) return undefined
  return days * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000
}

function dayNumberOf(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year
  const era = Math.floor(shiftedYear / 400)
  const yearOfEra = shiftedYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function four(value: number): string {
  return String(value).padStart(4, '0')
}
