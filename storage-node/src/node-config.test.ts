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

test('what a storage node must know is read, the rest has a default', () => {
  expect(parseNodeConfig(environment)).toEqual({
    storeDirectory: '/data/zone-a',
    zone: 'a',
    name: 'zone-a',
    region: 'cn-hangzhou',
    domain: 'localhost',
    httpHost: undefined,
    httpPort: 0,
    peerHost: '127.0.0.1',
    peerPort: 0,
    peerAddress: undefined,
    beaconPort: 0,
    beaconAddress: undefined,
    adminPort: 0,
    configSocket: '/run/config.sock',
    certificates: '/data/certificates',
    regionDirectory: '/data',
    logDirectory: '/data/log',
    tls: undefined,
    gcGraceMs: 3_600_000,
    restoreLengths: { delayMs: 5_000, dayMs: 86_400_000 },
    callbacks: { mayBePrivate: false, keyUrl: undefined },
    isOneKernel: false,
  })
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
    'Cannot start: GRANARY_STORE_DIRECTORY must be an absolute path, is "data"; ' +
      'GRANARY_ZONE must be set; GRANARY_REGION must be an id of a region, is "CN"; ' +
      'GRANARY_PEER_PORT must be a whole number from 0 to 65535, is "65536"; ' +
      'GRANARY_TLS_CERT and GRANARY_TLS_KEY must be set together',
  )
})
