import { parseQuery } from './request-head.ts'
import { overrideHeaders } from './response-overrides.ts'

const headers = ['Content-Type', 'text/plain', 'ETag', '"a"']

test('overrides take the place of what is there, or are added', () => {
  const query = parseQuery(
    'response-content-type=a%2Fb&response-expires=x&response-content-disposition=attachment%3B+filename%3D%C3%A9',
  )
  expect(overrideHeaders(headers, query)).toEqual([
    ...['Content-Type', 'a/b', 'ETag', '"a"', 'Expires', 'x'],
    ...['Content-Disposition', 'attachment; filename=\u00c3\u00a9'],
  ])
  expect(overrideHeaders(headers, parseQuery('prefix=a'))).toEqual(headers)
})

test.each(['%0d%0aSet-Cookie:a', '%00', '%7f'])('%s may not get into a header', (text) => {
  const query = parseQuery(`response-content-type=${text}`)
  expect(() => overrideHeaders(headers, query)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument' }),
  )
})
