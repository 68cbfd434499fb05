import { contextOf } from './access-fixtures.ts'
import { compileCondition, conditionMistake } from './condition.ts'
import type { ConditionOperator } from './policy.ts'
import { CONDITION_OPERATORS } from './policy.ts'
import type { RequestContext } from './request-context.ts'

const tag = 'oss:ExistingObjectTag/t'
const day = (text: string) => ({ nowMs: Date.parse(text) })

const cases: [
  ConditionOperator,
  string,
  string[],
  Parameters<typeof contextOf>[0],
  expected: boolean,
][] = [
  ['StringEquals', tag, ['a', 'b'], { tags: { t: 'b' } }, true],
  ['StringEquals', tag, ['a', 'b'], { tags: { t: 'B' } }, false],
  ['StringEquals', tag, ['a'], {}, false],
  ['StringNotEquals', tag, ['a', 'b'], { tags: { t: 'c' } }, true],
  ['StringNotEquals', tag, ['a', 'b'], { tags: { t: 'b' } }, false],
  ['StringNotEquals', tag, ['a'], {}, true],
  ['StringEqualsIgnoreCase', tag, ['aB'], { tags: { t: 'Ab' } }, true],
  ['StringEqualsIgnoreCase', tag, ['aB'], { tags: { t: 'Abc' } }, false],
  ['StringNotEqualsIgnoreCase', tag, ['aB'], { tags: { t: 'Ab' } }, false],
  ['StringNotEqualsIgnoreCase', tag, ['aB'], { tags: { t: 'x' } }, true],
  ['StringLike', tag, ['a*', '?x'], { tags: { t: 'abc' } }, true],
  ['StringLike', tag, ['a*', '?x'], { tags: { t: 'yx' } }, true],
  ['StringLike', tag, ['a*', '?x'], { tags: { t: 'yyx' } }, false],
  ['StringNotLike', tag, ['a*'], { tags: { t: 'abc' } }, false],
  ['StringNotLike', tag, ['a*'], { tags: { t: 'b' } }, true],
  ['StringLike', 'acs:UserAgent', ['aliyun-sdk-*'], { userAgent: 'aliyun-sdk-js/6' }, true],
  ['StringLike', 'acs:useragent', ['aliyun-sdk-*'], { userAgent: 'curl' }, false],
  ['StringEquals', 'acs:AccessId', ['id'], { accessKeyId: 'id' }, true],
  ['StringEquals', 'acs:SourceVpc', ['vpc-1'], {}, false],
  ['StringEquals', 'oss:Prefix', ['', 'a/'], { prefix: '' }, true],
  ['StringEquals', 'oss:Prefix', [''], {}, false],
  ['StringEquals', 'oss:Delimiter', ['/'], { delimiter: '/' }, true],
  ['StringEquals', 'oss:x-oss-acl', ['private'], { bucketAcl: 'private' }, true],
  ['StringNotEquals', 'oss:x-oss-object-acl', ['public-read'], { objectAcl: 'private' }, true],
  ['StringEquals', 'oss:BucketTag/t', ['1'], { tags: { t: '1' } }, true],
  ['StringEquals', 'oss:RequestObjectTag/t', ['1'], { tags: { t: '1' } }, true],
  ['StringEquals', 'oss:BucketTag/T', ['1'], { tags: { t: '1' } }, false],
  ['NumericEquals', tag, ['7'], { tags: { t: '7.0' } }, true],
  ['NumericEquals', tag, ['7'], { tags: { t: 'seven' } }, false],
  ['NumericNotEquals', tag, ['7'], { tags: { t: '8' } }, true],
  ['NumericNotEquals', tag, ['7'], { tags: { t: '7' } }, false],
  ['NumericLessThan', tag, ['7'], { tags: { t: '-7' } }, true],
  ['NumericLessThan', tag, ['7'], { tags: { t: '7' } }, false],
  ['NumericLessThanEquals', tag, ['7'], { tags: { t: '7' } }, true],
  ['NumericGreaterThan', tag, ['7'], { tags: { t: '7' } }, false],
  ['NumericGreaterThan', tag, ['7'], { tags: { t: '10' } }, true],
  ['NumericGreaterThanEquals', tag, ['7'], { tags: { t: '7' } }, true],
  ['DateEquals', 'acs:CurrentTime', ['2026-01-02'], day('2026-01-02T00:00:00Z'), true],
  ['DateNotEquals', 'acs:CurrentTime', ['2026-01-02'], day('2026-01-02T00:00:00Z'), false],
  ['DateLessThan', 'acs:CurrentTime', ['2026-01-03T00:00:00Z'], day('2026-01-02'), true],
  ['DateLessThan', 'acs:CurrentTime', ['2026-01-02T08:00:00+08:00'], day('2026-01-02'), false],
  ['DateLessThanEquals', 'acs:CurrentTime', ['2026-01-02'], day('2026-01-02'), true],
  ['DateGreaterThan', 'acs:CurrentTime', ['2026-01-02'], day('2026-01-02'), false],
  ['DateGreaterThanEquals', 'acs:CurrentTime', ['2026-01-02'], day('2026-01-02'), true],
  ['DateGreaterThan', tag, ['2026-01-02'], { tags: { t: '2026-01-03' } }, true],
  ['Bool', 'acs:SecureTransport', ['true'], { isSecure: true }, true],
  ['Bool', 'acs:SecureTransport', ['True'], { isSecure: false }, false],
  ['Bool', 'acs:SecureTransport', ['false'], { isSecure: false }, true],
  ['Bool', 'acs:MFAPresent', ['true'], {}, false],
  ['StringEquals', 'acs:SecureTransport', ['false'], {}, true],
  ['Bool', tag, ['true'], { tags: { t: 'TRUE' } }, true],
  ['IpAddress', 'acs:SourceIp', ['192.0.2.1'], {}, true],
  ['IpAddress', 'acs:SourceIp', ['10.0.0.0/8', '192.0.2.0/24'], {}, true],
  ['IpAddress', 'acs:SourceIp', ['192.0.2.2', '192.0.2.128/25'], {}, false],
  ['IpAddress', 'acs:SourceIp', ['0.0.0.0/0'], {}, true],
  ['IpAddress', 'acs:SourceIp', ['::/0'], {}, false],
  ['IpAddress', 'acs:SourceIp', ['192.0.2.0/24'], { sourceIp: '::ffff:192.0.2.7' }, true],
  ['IpAddress', 'acs:SourceIp', ['2001:db8::/32'], { sourceIp: '2001:db8:1::2' }, true],
  ['IpAddress', 'acs:SourceIp', ['2001:db8::/32'], { sourceIp: '2001:db9::2' }, false],
  ['IpAddress', 'acs:SourceIp', ['::1'], { sourceIp: '::1' }, true],
  ['IpAddress', 'acs:SourceIp', ['0.0.0.0/0'], { sourceIp: '' }, false],
  ['NotIpAddress', 'acs:SourceIp', ['192.0.2.0/24'], {}, false],
  ['NotIpAddress', 'acs:SourceIp', ['10.0.0.0/8'], {}, true],
]

test.each(cases)('%s of %s with %j in %j: %s', (operator, key, values, parts, expected) => {
  const condition = { operator, key, values }
  expect(conditionMistake(condition)).toBeUndefined()
  const context: RequestContext = contextOf(parts)
  expect(compileCondition(condition)(context)).toBe(expected)
})

test('every operator has cases that hold and cases that do not', () => {
  for (const operator of CONDITION_OPERATORS) {
    const outcomes = cases.filter(([name]) => name === operator).map((each) => each[4])
    if (!/LessThanEquals|GreaterThanEquals|^DateEquals|^DateNot/.test(operator)) {
      expect([operator, new Set(outcomes).size]).toEqual([operator, 2])
    }
    expect(outcomes.length).toBeGreaterThan(0)
  }
})

test.each([
  ['StringEquals', 'acs:Source', ['x'], /not known/],
  ['StringEquals', 'oss:ExistingObjectTag/', ['x'], /not known/],
  ['StringEquals', 'oss:tag/x', ['x'], /not known/],
  ['StringEquals', 'constructor', ['x'], /not known/],
  ['StringEquals', 'acs:SourceIp', ['x'], /cannot be used/],
  ['StringEquals', 'acs:CurrentTime', ['x'], /cannot be used/],
  ['IpAddress', 'acs:UserAgent', ['10.0.0.1'], /cannot be used/],
  ['DateLessThan', 'acs:SecureTransport', ['2026-01-01'], /cannot be used/],
  ['IpAddress', 'acs:SourceIp', ['10.0.0.1', '10.0.0.256'], /10\.0\.0\.256/],
  ['IpAddress', 'acs:SourceIp', ['10.0.0.0/33'], /cannot compare/],
  ['IpAddress', 'acs:SourceIp', ['10.0.0.0/'], /cannot compare/],
  ['IpAddress', 'acs:SourceIp', ['*'], /cannot compare/],
  ['DateLessThan', 'acs:CurrentTime', ['tomorrow'], /cannot compare/],
  ['DateLessThan', 'acs:CurrentTime', ['2026-13-01'], /cannot compare/],
  ['NumericEquals', 'oss:BucketTag/x', ['1e3'], /cannot compare/],
  ['Bool', 'acs:SecureTransport', ['yes'], /cannot compare/],
] as const)('%s of %s with %j is a mistake', (operator, key, values, message) => {
  expect(conditionMistake({ operator, key, values })).toMatch(message)
})
