import { parseHeaders, parseQuery, queryValue, splitTarget } from './request-head.ts'

test('a target is split at its first question mark', () => {
  expect(splitTarget('/a?b=c?d')).toEqual({ rawPath: '/a', rawQuery: 'b=c?d' })
  expect(splitTarget('/a')).toEqual({ rawPath: '/a', rawQuery: '' })
})

test('a query is decoded in the order sent', () => {
  expect(parseQuery('acl&a=&b=1%2B2+3&&%E4%BD%A0=x=y')).toEqual([
    { name: 'acl', value: '', hasEquals: false },
    { name: 'a', value: '', hasEquals: true },
    { name: 'b', value: '1+2 3', hasEquals: true },
    { name: '你', value: 'x=y', hasEquals: true },
  ])
  expect(parseQuery('')).toEqual([])
})

test('the first of repeated parameters counts', () => {
  expect(queryValue(parseQuery('a=1&a=2'), 'a')).toBe('1')
  expect(queryValue(parseQuery('a=1'), 'b')).toBeUndefined()
})

test.each(['a=%ff', '%=1', 'a=%2'])('query %s is no UTF-8 and refused', (rawQuery) => {
  expect(() => parseQuery(rawQuery)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
})

test('headers are lower-cased, trimmed of blanks only, and joined when repeated', () => {
  const raw = ['X-Oss-Meta-A', ' 1\t', 'x-oss-meta-a', '2', 'Date', 'à\u00a0', 'constructor', 'c']
  expect({ ...parseHeaders(raw) }).toEqual({
    'x-oss-meta-a': '1,2',
    date: 'à\u00a0',
    constructor: 'c',
  })
  expect(parseHeaders([])['toString']).toBeUndefined()
})
