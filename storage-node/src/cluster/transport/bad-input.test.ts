import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Incarnation, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { bulkPieces, fixedBytes } from '../../wire/peer/codec.ts'
import type { FrameHead } from '../../wire/peer/frames.ts'
import { encodeFrame, FrameWriter, plainHead } from '../../wire/peer/frames.ts'
import type { Hello, KnownLife, Lane } from '../../wire/peer/hello.ts'
import { hello, NOTHING_KNOWN } from '../../wire/peer/hello.ts'
import { PeerUnreachableError } from '../peer-network.ts'
import { tlsOptions } from './credentials.ts'
import type { Lives } from './peer-admission.ts'
import type { SocketNetwork } from './socket-network.ts'
import type { TestCertificates, TestNodeOptions } from './transport-fixtures.ts'
import { A, B, C, makeTestCertificates, ownName, REGION, TestNodes } from './transport-fixtures.ts'

let certificates: TestCertificates
let nodes: TestNodes
let a: SocketNetwork

beforeAll(async () => {
  certificates = await makeTestCertificates()
})
beforeEach(async () => {
  nodes = new TestNodes()
  a = await nodes.open({ store: A, certificates })
  a.serve({ message() {}, request: () => Promise.resolve({ knows: true }) })
})
afterEach(() => nodes.close())
afterAll(() => certificates.remove())

const warnings = () => nodes.log.lines.filter((line) => line.startsWith('warn'))
const knows = { kind: 'knows', partition: 1 as PartitionId, uid: 'uid' } as const

/** Asks A for something as B would, in the given way; only A's log lines are kept. */
async function askAs(options: Omit<TestNodeOptions, 'certificates'>): Promise<unknown> {
  const own = new TestNodes()
  own.redirect(A, a.port)
  const network = await own.open({ ...options, certificates })
  try {
    return await network.request(A, knows, { deadlineMs: 5000 })
  } finally {
    await own.close()
  }
}

async function expectRefusal(asked: Promise<unknown>, why: string): Promise<void> {
  await expect(asked).rejects.toThrow(PeerUnreachableError)
  await expect(asked).rejects.toThrow(why)
  expect(warnings()).toHaveLength(1)
  expect(warnings()[0]).toContain(why)
}

test('a storage node that is as it should be is answered', async () => {
  expect(await askAs({ store: B })).toEqual({ knows: true })
  expect(warnings()).toEqual([])
})

test('another region is refused', async () => {
  await expectRefusal(
    askAs({ store: B, region: 'elsewhere' }),
    `Region must be '${REGION}', is 'elsewhere'`,
  )
})

test('a certificate of another store is refused', async () => {
  await expectRefusal(
    askAs({ store: B, certificateOf: C }),
    `Store ${B} does not belong to the certificate of 'granary://${REGION}/${C}'`,
  )
})

test('who means to talk to another store is refused', async () => {
  await expectRefusal(rawHello({ to: C }), `Store must be ${C}, is ${A}`)
})

test('who claims to be this very store is refused', async () => {
  await expectRefusal(rawHello({ store: A }, A), `Store ${A} is this storage node's own`)
})

test('an older incarnation is refused, and the newer one goes on (D6)', async () => {
  await askAs({ store: B, incarnation: 7, nonce: 7 })
  await expectRefusal(
    askAs({ store: B, incarnation: 6, nonce: 6 }),
    `Store ${B} must have at least incarnation 7, has 6`,
  )
  expect(await askAs({ store: B, incarnation: 7, nonce: 7 })).toEqual({ knows: true })
})

test('the same incarnation in another process is refused (D6)', async () => {
  await askAs({ store: B, incarnation: 7, nonce: 7 })
  await expectRefusal(
    askAs({ store: B, incarnation: 7, nonce: 8 }),
    `Store ${B} runs twice with incarnation 7`,
  )
})

describe('a store that others know better than itself (D3)', () => {
  const known = { incarnation: 6 as Incarnation, group: 70 }
  const telling: Lives = {
    known: () => known,
    heard: () => known,
    condemn: () => undefined,
    hearRefusal: () => {},
  }
  const told: [StoreId, KnownLife][] = []
  const refused: [StoreId, KnownLife][] = []
  const outdated: Lives = {
    known: () => NOTHING_KNOWN,
    heard: () => NOTHING_KNOWN,
    condemn: (life, from) => {
      if (life.group > 0) told.push([from, life])
      return life.group > 0 ? 'This store is too old' : undefined
    },
    hearRefusal: (life, from) => void refused.push([from, life]),
  }
  afterEach(() => void [told.splice(0), refused.splice(0)])

  test('is told so by whom it greets, before it says anything else', async () => {
    const other = await nodes.open({ store: C, certificates, lives: telling })
    other.serve({ message() {}, request: () => Promise.resolve({ knows: true }) })
    const own = await nodes.open({ store: B, certificates, lives: outdated })
    await expect(own.request(C, knows, { deadlineMs: 5000 })).rejects.toThrow('too old')
    expect(told[0]).toEqual([C, known])
    expect(own.connectionCount).toBe(0)
  })

  test.each([
    ['runs twice', 7],
    ['must have at least incarnation 7', 6],
  ])(
    'is told so by whom it greets with a life that is refused: it %s',
    async (words, incarnation) => {
      const forgetful = { ...telling, known: () => NOTHING_KNOWN }
      const other = await nodes.open({ store: C, certificates, lives: forgetful })
      other.serve({ message() {}, request: () => Promise.resolve({ knows: true }) })
      const last = await nodes.open({ store: B, incarnation: 7, nonce: 7, certificates })
      await last.request(C, knows, { deadlineMs: 5000 })
      const earlier = { incarnation, nonce: 8, certificates, lives: outdated }
      const own = await nodes.open({ store: B, ...earlier })
      await expect(own.request(C, knows, { deadlineMs: 5000 })).rejects.toThrow(words)
      expect(refused).toEqual([[C, known]])
    },
  )

  describe.each([
    ['by whom it greets', B, C],
    ['by who greets it', C, B],
  ])('%s', (_who, asker, asked) => {
    test('is told of its last life as soon as the new one is met', async () => {
      let isMet = false
      const meeting = { ...telling, known: () => (isMet ? known : NOTHING_KNOWN) }
      const networks = new Map([
        [B, await nodes.open({ store: B, incarnation: 7, certificates, lives: outdated })],
        [
          C,
          await nodes.open({ store: C, certificates, lives: meeting, onMet: () => (isMet = true) }),
        ],
      ])
      for (const network of networks.values()) {
        network.serve({ message() {}, request: () => Promise.reject(new Error('It was asked')) })
      }
      const answer = networks.get(asker)?.request(asked, knows, { deadlineMs: 5000 })
      await expect(answer).rejects.toThrow('too old')
      expect(told[0]).toEqual([C, known])
    })
  })

  test('is told nothing that is of the store in whose place it has come', async () => {
    const own = await nodes.open({ store: B, certificates, lives: outdated })
    nodes.redirect(A, own.port)
    const other = await nodes.open({ store: C, certificates, lives: telling })
    const asked = other.request(A, knows, { deadlineMs: 5000 })
    await expect(asked).rejects.toThrow(`Store must be ${A}, is ${B}`)
    expect(told).toEqual([])
  })

  test('is told so by who greets it, and answers nothing', async () => {
    const own = await nodes.open({ store: B, certificates, lives: outdated })
    own.serve({ message() {}, request: () => Promise.reject(new Error('It was asked')) })
    const other = await nodes.open({ store: C, certificates, lives: telling })
    await expect(other.request(B, knows, { deadlineMs: 5000 })).rejects.toThrow('too old')
    expect(told[0]).toEqual([C, known])
  })

  test('is not told so by the refusal of another store than it greets', async () => {
    const own = await nodes.open({ store: B, certificates, lives: outdated })
    nodes.redirect(C, a.port)
    const asked = own.request(C, knows, { deadlineMs: 5000 })
    await expect(asked).rejects.toThrow(`Store must be ${C}, is ${A}`)
    expect(refused).toEqual([])
  })

  test('is not told so by somebody who does not hold a store of the region', async () => {
    const own = await nodes.open({ store: B, certificates, lives: outdated })
    const thief = new TestNodes()
    thief.redirect(B, own.port)
    const other = await thief.open({ store: C, certificateOf: A, certificates, lives: telling })
    await expect(other.request(B, knows, { deadlineMs: 5000 })).rejects.toThrow('does not belong')
    await thief.close()
    expect(told).toEqual([])
  })
})

test('a protocol that is not spoken here is refused', async () => {
  await expectRefusal(
    rawHello({ protocolMin: 2, protocolMax: 3 }),
    'Protocol must be 1 to 1, is 2 to 3',
  )
})

test('a later protocol that still speaks this one is welcome', async () => {
  const socket = await openRaw()
  socket.write(helloFrame({ protocolMin: 1, protocolMax: 9 }))
  const answer = await firstData(socket)
  expect(answer[4]).toBe(1)
  socket.destroy()
})

test('a store id that is no plain name is refused', async () => {
  await expectRefusal(rawHello({ store: 'a\nb' as StoreId }), 'Store id must be a plain name')
})

test.each<[string, () => Buffer]>([
  ['garbage', () => randomBytes(5000)],
  ['a request over HTTP', () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  [
    'an oversized frame',
    () => Buffer.concat([Buffer.from([255, 255, 255, 255]), Buffer.alloc(30)]),
  ],
  [
    'a frame of another kind',
    () => encodeFrame(plainHead('ping', 0), fixedBytes(0), Buffer.alloc(0)),
  ],
  [
    'a Hello that ends early',
    () => encodeFrame(plainHead('hello', 0), fixedBytes(3), Buffer.alloc(3)),
  ],
])('%s instead of a Hello ends the connection', async (_name, bytes) => {
  const socket = await openRaw()
  socket.write(bytes())
  await closed(socket)
  expect(warnings()).toHaveLength(1)
})

const request: FrameHead = { ...plainHead('request', 1), id: 1, deadlineMs: 100 }

test.each<[string, Lane, () => Buffer]>([
  ['garbage', 'control', () => randomBytes(100_000)],
  [
    'an oversized frame',
    'bulk',
    () => Buffer.concat([Buffer.from([0, 0, 128, 0, 4, 1, 1, 0]), Buffer.alloc(16)]),
  ],
  ['bulk of more than a chunk', 'bulk', () => bulkFrame(5 * 1024 ** 2)],
  ['bulk among small messages', 'control', () => bulkFrame(70_000)],
  ['an unknown request', 'control', () => encodeFrame(request, fixedBytes(1), Buffer.from([255]))],
  [
    'a second Hello',
    'control',
    () => encodeFrame(plainHead('hello', 1), fixedBytes(0), Buffer.alloc(0)),
  ],
  [
    'an empty message',
    'control',
    () => encodeFrame(plainHead('message', 1), fixedBytes(0), Buffer.alloc(0)),
  ],
])('%s after the Hello ends the connection', async (_name, lane, bytes) => {
  const socket = await openRaw()
  socket.write(helloFrame({ lane }))
  await firstData(socket)
  socket.write(bytes())
  await closed(socket)
  expect(warnings()).toHaveLength(1)
  expect(warnings()[0]).toContain('does not keep to the protocol')
  expect(await askAs({ store: B })).toEqual({ knows: true })
})

test('one address that fails again and again gets one line', async () => {
  for (let left = 20; left > 0; left--) {
    const socket = await openRaw()
    socket.write(Buffer.alloc(100, 255))
    await closed(socket)
  }
  expect(warnings()).toHaveLength(1)
})

test('who has no certificate, or speaks no TLS, gets nowhere', async () => {
  const stranger = connectTls({ port: a.port, host: '127.0.0.1', rejectUnauthorized: false })
  await closed(stranger)
  const plain = connect(a.port, '127.0.0.1')
  plain.write(helloFrame({}))
  await closed(plain)
  expect(warnings()).toHaveLength(1)
  expect(warnings()[0]).toContain('TLS failed')
})

test('strangers that say nothing leave room for others', async () => {
  const strangers = Array.from({ length: 300 }, () => connect(a.port, '127.0.0.1'))
  await Promise.all(strangers.slice(260).map(closed))
  for (const stranger of strangers) stranger.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await askAs({ store: B })).toEqual({ knows: true })
})

/** A TLS connection to A with B's certificate, over which nothing has been said. */
function openRaw(of: StoreId = B): Promise<Socket> {
  const options = tlsOptions(certificates.of(of).current())
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      ...{ port: a.port, host: '127.0.0.1', ...options },
      checkServerIdentity: () => undefined,
    })
    socket.once('secureConnect', () => resolve(socket))
    socket.on('error', reject)
  })
}

function helloFrame(change: Partial<Hello>): Buffer {
  const lane = 'control' as const
  const agreed = { protocolMin: 1, protocolMax: 1, lane, known: NOTHING_KNOWN, to: A }
  const mine = { ...ownName({ store: B }), ...agreed, ...change }
  return encodeFrame(plainHead('hello', 0), hello, mine)
}

function bulkFrame(sizeBytes: number): Buffer {
  const writer = new FrameWriter()
  writer.append({ ...request, hasBulk: true }, bulkPieces(sizeBytes), [Buffer.alloc(sizeBytes)])
  return Buffer.concat([writer.finish(), ...writer.bulk])
}

/** Greets with something that a storage node would not say; rejects with the refusal. */
async function rawHello(change: Partial<Hello>, of: StoreId = B): Promise<void> {
  const socket = await openRaw(of)
  socket.write(helloFrame(change))
  const answer = await firstData(socket)
  await closed(socket)
  throw new PeerUnreachableError(answer.toString('latin1'))
}

function firstData(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('data', resolve)
    socket.once('close', () => reject(new Error('The connection was closed without a word')))
  })
}

function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined)
  socket.resume()
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}
