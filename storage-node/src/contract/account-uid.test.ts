/**
 * Uids follow from names, are numbers of 16 digits, and never change.
 *
 * @module
 */

import fc from 'fast-check'
import { accountUidOf, ramUserIdOf } from './account-uid.ts'

test('every uid is a number of 16 digits that does not begin with 0', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (region, name) => {
      expect(accountUidOf(region, name)).toMatch(/^[1-9]\d{15}$/)
      expect(ramUserIdOf(region, '1', name)).toMatch(/^[1-9]\d{15}$/)
    }),
    { numRuns: 50 },
  )
})

// What buckets are owned by: another number would take them away from everybody.
test('the uids of today are those of tomorrow', () => {
  expect(accountUidOf('cn-hangzhou', 'default')).toBe('9244130806851501')
  expect(ramUserIdOf('cn-hangzhou', '9244130806851501', 'alice')).toBe('1764638392729170')
})

test('names, regions, accounts and users do not share uids', () => {
  const uids = [
    accountUidOf('cn-hangzhou', 'default'),
    accountUidOf('cn-hangzhou', 'other'),
    accountUidOf('cn-beijing', 'default'),
    ramUserIdOf('cn-hangzhou', '1000000000000001', 'default'),
    ramUserIdOf('cn-hangzhou', '1000000000000002', 'default'),
  ]
  expect(new Set(uids).size).toBe(uids.length)
})
