import { readConditions, readCopySourceConditions } from './conditions.ts'

test('conditions are read from their headers, and dates that are none are no condition', () => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
  const headers = {
    'if-match': '"A"',
    'if-modified-since': date,
    'if-unmodified-since': 'yesterday',
    'x-oss-copy-source-if-none-match': '*',
    'x-oss-copy-source-if-unmodified-since': date,
  }
  expect(readConditions(headers)).toEqual({
    ifMatch: '"A"',
    ifNoneMatch: undefined,
    ifModifiedSinceMs: 784111777000,
    ifUnmodifiedSinceMs: undefined,
  })
  expect(readCopySourceConditions(headers)).toEqual({
    ifMatch: undefined,
    ifNoneMatch: '*',
    ifModifiedSinceMs: undefined,
    ifUnmodifiedSinceMs: 784111777000,
  })
})
