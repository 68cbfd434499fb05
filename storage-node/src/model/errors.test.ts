import { headerNotImplemented, invalidArgument, OssError, ossErrors } from './errors.ts'

test('every code has a status that fits, a well-formed EC of its own and a message', () => {
  const seen = new Map<string, string>()
  for (const [code, { status, ec, message }] of Object.entries(ossErrors)) {
    expect([203, 304, 400, 403, 404, 405, 409, 411, 412, 416, 424, 500, 503]).toContain(status)
    expect(ec).toMatch(/^\d{4}-\d{8}$/)
    expect(message).not.toBe('')
    expect([code, seen.get(ec)]).toEqual([code, undefined])
    seen.set(ec, code)
  }
})

test('an error carries what the table says unless the place that refuses knows better', () => {
  const plain = new OssError('NoSuchBucket')
  expect([plain.status, plain.ec, plain.message]).toEqual([
    404,
    '0015-00000101',
    'The specified bucket does not exist.',
  ])
  const special = new OssError('AccessDenied', { message: 'No', ec: '0003-00000905' })
  expect([special.status, special.ec, special.message]).toEqual([403, '0003-00000905', 'No'])
})

test('an invalid argument is named and shown back', () => {
  expect(invalidArgument('max-keys', '0', 'Too small').details).toEqual([
    { name: 'ArgumentName', value: 'max-keys' },
    { name: 'ArgumentValue', value: '0' },
  ])
  expect(headerNotImplemented('If-Match').details).toEqual([{ name: 'Header', value: 'If-Match' }])
})
