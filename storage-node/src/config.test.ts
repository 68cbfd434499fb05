import { parseLocalConfig } from './config.ts'

const environment = { HOME: '/home/somebody' }

test('everything has a default', () => {
  expect(parseLocalConfig([], environment)).toEqual({
    zoneCount: undefined,
    processes: false,
    dataDirectory: '/home/somebody/.local/share/granary',
    port: 9000,
    region: 'cn-hangzhou',
    domain: 'localhost',
    accessKey: undefined,
    tls: undefined,
    json: false,
    adminPort: 0,
    gcGraceMs: 3_600_000,
    restoreLengths: { delayMs: 5_000, dayMs: 86_400_000 },
    callbacks: { mayBePrivate: false, keyUrl: undefined },
  })
})

test('flags and environment are read', () => {
  const args =
    '--zones 2 --processes --data /d --port=0 --region eu-1 --domain a.example.com --access-key-id id --access-key-secret s --tls-cert /c --tls-key /k --json'
  expect(
    parseLocalConfig(args.split(' '), {
      GRANARY_ADMIN_PORT: '9001',
      GRANARY_GC_GRACE_MS: '50',
      GRANARY_RESTORE_DELAY_MS: '60',
      GRANARY_RESTORE_DAY_MS: '70',
      GRANARY_CALLBACK_PRIVATE: '1',
      GRANARY_CALLBACK_KEY_URL: 'https://keys.example.com/key.pem',
    }),
  ).toEqual({
    zoneCount: 2,
    processes: true,
    dataDirectory: '/d',
    port: 0,
    region: 'eu-1',
    domain: 'a.example.com',
    accessKey: { accessKeyId: 'id', accessKeySecret: 's' },
    tls: { certFile: '/c', keyFile: '/k' },
    json: true,
    adminPort: 9001,
    gcGraceMs: 50,
    restoreLengths: { delayMs: 60, dayMs: 70 },
    callbacks: { mayBePrivate: true, keyUrl: 'https://keys.example.com/key.pem' },
  })
})

test.each([
  [{ ...environment, XDG_DATA_HOME: '/xdg' }, '/xdg/granary'],
  [{ ...environment, XDG_DATA_HOME: 'not/absolute' }, '/home/somebody/.local/share/granary'],
  [{ ...environment, XDG_DATA_HOME: '' }, '/home/somebody/.local/share/granary'],
])('with %j data goes to %s', (env, expected) => {
  expect(parseLocalConfig([], env).dataDirectory).toBe(expected)
})

test('relative paths are meant from where npm was called', () => {
  const args = ['--data', 'data', '--tls-cert', 'tls/cert.pem', '--tls-key', '/key.pem']
  const config = parseLocalConfig(args, { ...environment, INIT_CWD: '/somewhere' })
  expect(config.dataDirectory).toBe('/somewhere/data')
  expect(config.tls).toEqual({ certFile: '/somewhere/tls/cert.pem', keyFile: '/key.pem' })
})

test.each([
  ['--port 65536', '--port must be a whole number from 0 to 65535, is "65536"'],
  ['--port 1.5', '--port must be a whole number from 0 to 65535, is "1.5"'],
  ['--port=', '--port needs a value'],
  ['--port', '--port needs a value'],
  ['--port 1 --port 2', '--port is given twice'],
  ['--zones 4', '--zones must be a number from 1 to 3, is "4"'],
  ['--zones x', '--zones must be a number from 1 to 3, is "x"'],
  ['--processes=yes', '--processes takes no value'],
  ['--region oss-cn-hangzhou', 'without "oss-" in front, is "oss-cn-hangzhou"'],
  ['--region CN', 'is "CN"'],
  ['--domain Example.com', 'small letters, is "Example.com"'],
  ['--domain 10.0.0.1', 'is "10.0.0.1"'],
  ['--domain a..b', 'is "a..b"'],
  ['--json=yes', '--json takes no value'],
  ['--verbose', '--verbose is unknown'],
  ['-p 1', '-p is unknown'],
  ['now', '"now" is not a flag'],
  ['--access-key-id a', '--access-key-id and --access-key-secret must be given together'],
  ['--access-key-id a:b --access-key-secret s', 'is "a:b"'],
  ['--tls-key /k', '--tls-cert and --tls-key must be given together'],
])('%s is a mistake', (args, message) => {
  expect(() => parseLocalConfig(args.split(' '), environment)).toThrow(message)
})

test.each([
  [
    { GRANARY_ADMIN_PORT: 'x' },
    'GRANARY_ADMIN_PORT must be a whole number from 0 to 65535, is "x"',
  ],
  [
    { GRANARY_RESTORE_DAY_MS: '0' },
    'GRANARY_RESTORE_DAY_MS must be a whole number of milliseconds above 0, is "0"',
  ],
  [
    { GRANARY_GC_GRACE_MS: '1h' },
    'GRANARY_GC_GRACE_MS must be a whole number of milliseconds, is "1h"',
  ],
])('%j is a mistake', (wrong, message) => {
  expect(() => parseLocalConfig([], { ...environment, ...wrong })).toThrow(message)
})

test('a secret is never shown', () => {
  const args = ['--access-key-id', 'a', '--access-key-secret', 'top secret']
  expect(() => parseLocalConfig(args, environment)).toThrow(/^(?!.*top)/)
})

test('all mistakes come in one message', () => {
  expect(() => parseLocalConfig(['--port', 'x', '--zones', '9'], {})).toThrow(
    'Cannot start: --zones must be a number from 1 to 3, is "9"; ' +
      '--data must be given where HOME is not set; ' +
      '--port must be a whole number from 0 to 65535, is "x"',
  )
})
