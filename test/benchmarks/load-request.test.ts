import aws4 from 'aws4'
import { signedHeaders } from '../support/oss-request.ts'
import { RequestHeads } from './load-request.ts'
import type { LoadPlan, LoadRequest } from './plan.ts'

const access = {
  endpoint: 'http://127.0.0.1:9000',
  region: 'cn-hangzhou',
  accessKeyId: 'id',
  accessKeySecret: 'secret',
}

function headOf(request: LoadRequest): { line: string; headers: Record<string, string> } {
  const plan: LoadPlan = { access, connectionCount: 1, firstIndex: 0, count: 1, request }
  const [line = '', ...lines] = new RequestHeads(plan).head(7).trimEnd().split('\r\n')
  const pairs = lines.map((each) => each.split(': ') as [string, string])
  return {
    line,
    headers: Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])),
  }
}

const keys = { prefix: 'some/', count: 100 }

test.each<[string, LoadRequest]>([
  ['PUT /bkt/some/000000007 HTTP/1.1', { kind: 'put', bucket: 'bkt', keys, sizeBytes: 5 }],
  ['GET /bkt/some/000000007 HTTP/1.1', { kind: 'get', bucket: 'bkt', keys, sizeBytes: 5 }],
  ['DELETE /bkt/some/000000007 HTTP/1.1', { kind: 'delete', bucket: 'bkt', keys }],
  ['GET /bkt/?max-keys=3 HTTP/1.1', { kind: 'list', bucket: 'bkt', query: 'max-keys=3' }],
  [
    'GET /bkt/?versions&max-keys=3 HTTP/1.1',
    { kind: 'list', bucket: 'bkt', query: 'max-keys=3', selector: 'versions' },
  ],
])('%s is signed as the tests sign it', (expectedLine, request) => {
  const { line, headers } = headOf(request)
  expect(line).toBe(expectedLine)
  const signed = signedHeaders(access, {
    method: line.slice(0, line.indexOf(' ')),
    bucket: 'bkt',
    key: request.kind === 'list' ? '' : 'some/000000007',
    ...(line.includes('?versions') && { query: { versions: '' } }),
    headers: {
      date: headers['date'] ?? '',
      ...(headers['content-type'] && { 'content-type': headers['content-type'] }),
    },
  })
  expect(headers['authorization']).toBe(signed['authorization'])
})

test('the length of a form counts what stands before and behind its file', () => {
  const request: LoadRequest = { kind: 'post', bucket: 'bkt', keys, sizeBytes: 5 }
  const heads = new RequestHeads({ access, connectionCount: 1, firstIndex: 0, count: 1, request })
  const [head = '', ...form] = heads.head(7).split(/(?<=\r\n\r\n)/)
  const length = Number(/Content-Length: (\d+)/.exec(head)?.[1])
  expect(length).toBe(form.join('').length + 5 + heads.tail.length)
  expect(form.join('')).toContain('name="key"\r\n\r\nsome/000000007\r\n')
})

test('a bare request is as long as a signed one', () => {
  const { headers } = headOf({ kind: 'bare' })
  expect(Object.keys(headers)).toEqual(['host', 'date', 'authorization'])
  expect(headers['authorization']).toMatch(/^OSS x{16}:x{28}$/)
})

test('a request of the S3 dialect is signed as others sign it, and its frames are as long as it says', () => {
  const payloads = [
    ['hashed', /^[0-9a-f]{64}$/],
    ['plain', /^UNSIGNED-PAYLOAD$/],
    ['signed chunks', /^STREAMING-AWS4-HMAC-SHA256-PAYLOAD$/],
    ['trailer', /^STREAMING-UNSIGNED-PAYLOAD-TRAILER$/],
  ] as const
  for (const [s3, payload] of payloads) {
    const request = { kind: 'put', bucket: 'bkt', keys, sizeBytes: 100_000, s3 } as const
    const plan: LoadPlan = { access, connectionCount: 1, firstIndex: 0, count: 1, request }
    const { head, frames } = new RequestHeads(plan).request(7)
    const header = (name: string) => new RegExp(`\r\n${name}: (.*)\r\n`, 'i').exec(head)?.[1] ?? ''
    const hash = header('x-amz-content-sha256')
    expect(hash).toMatch(payload)
    const signed = {
      ...{ host: '127.0.0.1:9000', path: '/bkt/some/000000007', method: 'PUT', service: 's3' },
      headers: {
        host: '127.0.0.1:9000',
        'x-amz-content-sha256': hash,
        'x-amz-date': header('x-amz-date'),
        ...(head.includes('x-amz-decoded') && { 'x-amz-decoded-content-length': '100000' }),
        ...(s3 === 'trailer' && { 'x-amz-trailer': 'x-amz-checksum-crc32' }),
      },
    }
    const keyPair = { accessKeyId: 'id', secretAccessKey: 'secret' }
    const { headers } = aws4.sign({ ...signed, region: access.region }, keyPair)
    const made = String(headers?.['Authorization']).replaceAll(', ', ',')
    expect(header('Authorization')).toBe(made)
    const length = [...(frames ?? [Buffer.alloc(100_000)])].reduce(
      (sum, frame) => sum + frame.length,
      0,
    )
    expect(Number(header('content-length'))).toBe(length)
  }
})
