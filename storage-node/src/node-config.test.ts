import { parseNodeConfig } from './node-config.ts'

const environment = {
  GRANARY_STORE_DIRECTORY: '/data/zone-a',
  GRANARY_ZONE: 'a',
  GRANARY_NODE_NAME: 'zone-a',
  GRANARY_REGION: 'cn-hangzhou',
  GRANARY_CONFIG_SOCKET: '/run/config.sock',
  GRANARY_CERTIFICATES: '/data/certificates',
  GRANARY_REGION_DIRECTORY: '/data',
  GRANARY_LOG_DIRECTORY: '/data/log',
}

const endpoints = {
  internal: { hosts: ['oss-cn-hangzhou.granary.svc'], certificates: '/etc/granary/gateway' },
  external: [{ hosts: ['oss.example.com'], certificates: '/etc/granary/external/0' }],
}

const pod = {
  GRANARY_CONFIG: 'kubernetes',
  GRANARY_NAMESPACE: 'granary',
  GRANARY_ZONE: 'zone-a',
  GRANARY_NODE_NAME: 'cn-hangzhou-zone-a-0',
  GRANARY_REGION: 'cn-hangzhou',
  GRANARY_ENDPOINTS: JSON.stringify(endpoints),
}

const defaults = {
  gcGraceMs: 3_600_000,
  restoreLengths: { delayMs: 5_000, dayMs: 86_400_000 },
  callbacks: { mayBePrivate: false, keyUrl: undefined },
}

test('what a storage node must know is read, the rest has a default', () => {
  expect(parseNodeConfig(environment)).toEqual({
    storeDirectory: '/data/zone-a',
    zone: 'a',
    name: 'zone-a',
    region: 'cn-hangzhou',
    httpHost: undefined,
    httpPort: 0,
    peerHost: '127.0.0.1',
    peerPort: 0,
    peerAddress: undefined,
    beaconPort: 0,
    beaconAddress: undefined,
    probeHost: '127.0.0.1',
    probePort: 0,
    certificates: '/data/certificates',
    logDirectory: '/data/log',
    ...defaults,
    isOneKernel: false,
    place: {
      kind: 'process',
      domain: 'localhost',
      configSocket: '/run/config.sock',
      regionDirectory: '/data',
      tls: undefined,
    },
  })
})

test('a pod is told who it is and what clients call it, the rest follows', () => {
  expect(parseNodeConfig(pod)).toEqual({
    storeDirectory: '/var/lib/granary/store',
    zone: 'zone-a',
    name: 'cn-hangzhou-zone-a-0',
    region: 'cn-hangzhou',
    httpHost: '0.0.0.0',
    httpPort: 8080,
    peerHost: '0.0.0.0',
    peerPort: 7000,
    peerAddress: 'cn-hangzhou-zone-a-0.cn-hangzhou-peers.granary.svc:7000',
    beaconPort: 7001,
    beaconAddress: 'cn-hangzhou-zone-a-0.cn-hangzhou-peers.granary.svc:7001',
    probeHost: '0.0.0.0',
    probePort: 7003,
    certificates: '/etc/granary/certificates',
    logDirectory: '/var/lib/granary/log',
    ...defaults,
    isOneKernel: false,
    place: {
      kind: 'pod',
      namespace: 'granary',
      endpoints,
      httpsPort: 8443,
      adminPort: 7002,
      adminAddress: 'cn-hangzhou-zone-a-0.cn-hangzhou-peers.granary.svc:7002',
      keyRing: '/etc/granary/keys/keys.json',
    },
  })
})

test.each([
  '{',
  '{}',
  '[]',
  'null',
  '{"internal": {"hosts": [], "certificates": "/a"}, "external": []}',
  '{"internal": {"hosts": ["a"], "certificates": "a"}, "external": []}',
  '{"internal": {"hosts": ["a b"], "certificates": "/a"}, "external": []}',
  '{"internal": {"hosts": ["a"], "certificates": "/a"}}',
  '{"internal": {"hosts": ["a"], "certificates": "/a"}, "external": [{"hosts": ["b"]}]}',
])('endpoints like %s are refused', (text) => {
  expect(() => parseNodeConfig({ ...pod, GRANARY_ENDPOINTS: text })).toThrow(
    'GRANARY_ENDPOINTS must be JSON like',
  )
})

test('every mistake of a pod is told at once', () => {
  expect(() =>
    parseNodeConfig({ GRANARY_CONFIG: 'kubernetes', GRANARY_NAMESPACE: 'a.b', GRANARY_ZONE: 'a' }),
  ).toThrow(
    'Cannot start: GRANARY_NODE_NAME must be set; GRANARY_REGION must be set; ' +
      'GRANARY_NAMESPACE must be a namespace, is "a.b"; GRANARY_ENDPOINTS must be set',
  )
  expect(() => parseNodeConfig({ ...environment, GRANARY_CONFIG: 'etcd' })).toThrow(
    'GRANARY_CONFIG must be one of kubernetes, socket, is "etcd"',
  )
})

test('every mistake is told at once', () => {
  expect(() =>
    parseNodeConfig({
      ...environment,
      GRANARY_ZONE: '',
      GRANARY_REGION: 'CN',
      GRANARY_STORE_DIRECTORY: 'data',
      GRANARY_PEER_PORT: '65536',
      GRANARY_TLS_KEY: '/key.pem',
    }),
  ).toThrow(
    'Cannot start: GRANARY_ZONE must be set; GRANARY_REGION must be an id of a region, is "CN"; ' +
      'GRANARY_STORE_DIRECTORY must be an absolute path, is "data"; ' +
      'GRANARY_PEER_PORT must be a whole number from 0 to 65535, is "65536"; ' +
      'GRANARY_TLS_CERT and GRANARY_TLS_KEY must be set together',
  )
})
