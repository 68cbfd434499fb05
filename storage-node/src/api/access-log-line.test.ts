import { formatAccessLogLine, maskSecrets } from './access-log-line.ts'
import type { Exchange } from './exchange.ts'

const facts = {
  operation: 'GetObject',
  bucket: 'grain',
  key: 'bär ley.txt',
  accessKeyId: 'LTAI1',
  account: '1000000000000001',
  errorCode: undefined,
  objectSizeBytes: 5,
}

function line(fields: object = {}, headers: Record<string, string> = {}): string {
  const exchange = {
    facts,
    headers,
    status: 200,
    request: { httpVersion: '1.1' },
    target: '/grain/x',
    remoteAddress: '127.0.0.1',
    receivedMs: Date.UTC(2026, 10, 20, 20, 15, 3),
    method: 'GET',
    sentBytes: 5,
    host: 'localhost',
    requestId: '6B00B05CA36106108E000009',
    socketBody: { receivedBytes: 0 },
    ...fields,
  }
  return formatAccessLogLine(exchange as unknown as Exchange, 12.4)
}

test('a line has the fields of the log files of OSS, in their order', () => {
  expect(line({}, { referer: 'http://a/', 'user-agent': 'curl/8' })).toBe(
    '127.0.0.1 - - [20/Nov/2026:20:15:03 +0000] "GET /grain/x HTTP/1.1" 200 5 12 "http://a/" "curl/8" ' +
      '"localhost" "6B00B05CA36106108E000009" "false" "1000000000000001" "GetObject" "grain" ' +
      '"b%C3%A4r%20ley.txt" 5 12 "-" 0 "-" - "-" "-" "-" "-" "LTAI1"\n',
  )
})

test.each([
  '/b/k?Signature=abc%2B&x=1',
  '/b/k?OSSAccessKeyId=LTAI&Signature=abc%2B',
  '/b/k?x-oss-signature=abc',
  '/b/k?a=b&security-token=abc#f',
  '/b/k?X-OSS-Security-Token=abc',
  '/?Action=AssumeRole&SecurityToken=abc',
  '/b/k?x-oss-credential=abc%2F20261120',
])('what gives access in %s is masked, also in the Referer', (target) => {
  for (const text of [line({ target }), line({}, { referer: `http://a${target}` })]) {
    expect(text).toContain('=*')
    expect(text).not.toMatch(/abc|LTAI&/)
  }
})

test.each([
  ['a quotation mark', 'a"b', 'a%22b'],
  ['a line feed', 'a\nb', 'a%0Ab'],
  ['bytes above 127', 'a\xe4b', 'a%E4b'],
])('%s cannot break a line', (_name, agent, expected) => {
  const text = line({}, { 'user-agent': agent })
  expect(text).toContain(`"${expected}"`)
  expect(text.split('\n')).toHaveLength(2)
})

test('text without secrets stays as it is', () => {
  expect(maskSecrets('/b/signature=1?prefix=Signature')).toBe('/b/signature=1?prefix=Signature')
})
