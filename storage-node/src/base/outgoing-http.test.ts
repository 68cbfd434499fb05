import dns from 'node:dns'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from './clock.ts'
import { isPublicAddress, NodeOutgoingHttp } from './outgoing-http.ts'
import type { OutgoingError } from './outgoing-http.ts'

test.each([
  ...['127.0.0.1', '127.255.255.255', '0.0.0.0', '10.1.2.3', '100.64.0.1', '100.100.100.200'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1'],
  ...['224.0.0.1', '255.255.255.255', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1'],
  ...['::ffff:a9fe:a9fe', '::ffff:10.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'fc00::1'],
  ...['fd12::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2001:db8::1', 'no address', ''],
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.0.0.1'],
  ...['172.15.255.255', '172.32.0.0', '192.167.1.1', '223.255.255.255', '2606:4700::1111'],
  ...['2a00::1', '::ffff:1.1.1.1'],
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

describe('a request', () => {
  let server: Server
  let port = 0
  let connectionCount = 0
  beforeAll(async () => {
    server = createServer((_request, response) => response.end('{}'))
    server.on('connection', () => connectionCount++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  beforeEach(() => void (connectionCount = 0))
  afterEach(() => void jest.restoreAllMocks())
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const post = (host: string, mayDial: (address: string) => boolean, timeoutMs = 5_000) =>
    new NodeOutgoingHttp(systemClock, mayDial)
      .post({
        url: new URL(`http://${host}:${port}/`),
        headers: { 'content-length': '1' },
        body: Buffer.from('x'),
        timeoutMs,
        answerBytesMax: 2,
      })
      .then(
        ({ status, contentLength }) => `${status} ${contentLength}`,
        (error: unknown) => (error as OutgoingError).failure,
      )

  test('goes where it may', async () => {
    expect(await post('127.0.0.1', () => true)).toBe('200 2')
    expect(await post('localhost', () => true)).toBe('200 2')
    expect(connectionCount).toBe(2)
  })

  test.each(['127.0.0.1', 'localhost', '2130706433', '0177.1', '[::ffff:7f00:1]'])(
    'to %s is not made where only public addresses may be dialled',
    async (host) => {
      expect(await post(host, isPublicAddress)).toBe('refusedAddress')
      expect(connectionCount).toBe(0)
    },
  )

  test('dials only those addresses of a name that it may', async () => {
    const addresses = [
      { address: '10.0.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((_name: string, _options: object, done: (...found: unknown[]) => void) =>
        done(null, addresses)) as never)
    const asked: string[] = []
    const mayDial = (address: string) => {
      asked.push(address)
      return address !== '10.0.0.1'
    }
    expect(await post('two.example.com', mayDial)).toBe('200 2')
    expect(asked).toEqual(['10.0.0.1', '127.0.0.1'])
  })

  test('ends when its time is over, or its answer too large', async () => {
    server.removeAllListeners('request')
    expect(await post('127.0.0.1', () => true, 50)).toBe('timeout')
    server.on('request', (_request, response) => response.end('xyz'))
    expect(await post('127.0.0.1', () => true)).toBe('answerTooLarge')
  })
})
