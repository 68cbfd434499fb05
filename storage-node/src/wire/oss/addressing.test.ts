import {
  endpointAt,
  endpointSuffixes,
  endpointsBelow,
  isDomain,
  resolveAddress,
} from './addressing.ts'

const suffixes = endpointSuffixes('cn-hangzhou', ['oss.example.com:9000', 'Storage.Internal.'])

test.each([
  // Virtual host.
  ['bkt.oss-cn-hangzhou.localhost:9000', '/a/b', 'bkt', 'a/b', 'virtualHost'],
  ['bkt.cn-hangzhou.localhost', '/a', 'bkt', 'a', 'virtualHost'],
  ['bkt.localhost:80', '/', 'bkt', undefined, 'virtualHost'],
  ['BKT.Oss-Cn-Hangzhou.aliyuncs.com.', '/k', 'bkt', 'k', 'virtualHost'],
  ['bkt.oss-cn-hangzhou-internal.aliyuncs.com', '/k', 'bkt', 'k', 'virtualHost'],
  ['bkt.cn-hangzhou.oss.aliyuncs.com', '/k', 'bkt', 'k', 'virtualHost'],
  ['bkt.cn-hangzhou.aliyuncs.com', '/k', 'bkt', 'k', 'virtualHost'],
  ['bkt.oss.example.com', '/k', 'bkt', 'k', 'virtualHost'],
  ['bkt.storage.internal', '/k', 'bkt', 'k', 'virtualHost'],
  // The raw path stays as it is: no decoding, no dot segments, no merged slashes.
  ['bkt.localhost', '/a%2Fb+c', 'bkt', 'a%2Fb+c', 'virtualHost'],
  ['bkt.localhost', '/a//../b/', 'bkt', 'a//../b/', 'virtualHost'],
  ['bkt.localhost', '//a', 'bkt', '/a', 'virtualHost'],
  // What ali-oss sends to an IP endpoint when there is no bucket.
  ['.oss-cn-hangzhou.aliyuncs.com', '/', undefined, undefined, 'path'],
  ['undefined.oss-cn-hangzhou.aliyuncs.com', '/', undefined, undefined, 'path'],
  ['undefined.oss-cn-hangzhou.aliyuncs.com', '/k', 'undefined', 'k', 'virtualHost'],
  // Path style on bare endpoints and addresses.
  ['localhost:9000', '/', undefined, undefined, 'path'],
  ['oss-cn-hangzhou.aliyuncs.com', '/', undefined, undefined, 'path'],
  ['oss-cn-hangzhou.localhost', '/bkt', 'bkt', undefined, 'path'],
  ['localhost', '/bkt/', 'bkt', undefined, 'path'],
  ['127.0.0.1:9000', '/bkt/a/b', 'bkt', 'a/b', 'path'],
  ['127.0.0.1', '/bkt//a', 'bkt', '/a', 'path'],
  ['[::1]:9000', '/bkt/a', 'bkt', 'a', 'path'],
  ['[::1]', '/', undefined, undefined, 'path'],
  ['', '/bkt/a', 'bkt', 'a', 'path'],
  ['localhost', '*', undefined, undefined, 'path'],
  ['localhost', '//a', '', 'a', 'path'],
])('host "%s" and path "%s" address bucket %s, key %s', (host, path, bucket, rawKey, style) => {
  expect(resolveAddress(host, path, suffixes)).toEqual({ bucket, rawKey, style })
})

test.each([
  ['localhost', true],
  ['granary.test', true],
  ['a-b.c1.example', true],
  ['', false],
  ['.test', false],
  ['test.', false],
  ['a..b', false],
  ['-a.b', false],
  ['A.b', false],
  ['127.0.0.1', false],
  ['::1', false],
  ['a:80', false],
  [`${'a.'.repeat(90)}a`, false],
])('endpoints below "%s": %s', (text, isOne) => {
  expect(isDomain(text)).toBe(isOne)
})

test.each([
  [80, false, 'granary.test'],
  [443, true, 'granary.test'],
  [443, false, 'granary.test:443'],
  [80, true, 'granary.test:80'],
  [9000, false, 'granary.test:9000'],
])('port %d, secure: %s, is named %s', (port, isSecure, endpoint) => {
  expect(endpointAt('granary.test', port, isSecure)).toBe(endpoint)
})

test('endpoints are below their domain', () => {
  const { extranet, intranet } = endpointsBelow('granary.test', 'cn-x')
  const hosts = endpointSuffixes('cn-x', [extranet, intranet])
  for (const host of ['oss-cn-x.granary.test', 'oss-cn-x-internal.granary.test']) {
    expect(resolveAddress(`bkt.${host}:9000`, '/k', hosts).bucket).toBe('bkt')
  }
})

test.each([
  'example.com',
  'bkt.oss-cn-shanghai.aliyuncs.com',
  'a.b.localhost',
  'notlocalhost',
  '.localhost.evil',
  'bücket.example.com',
  '300.1.1.1',
])('host "%s" is no endpoint', (host) => {
  expect(() => resolveAddress(host, '/', suffixes)).toThrow(
    expect.objectContaining({ code: 'NonStandardHostForbidden' }),
  )
})
