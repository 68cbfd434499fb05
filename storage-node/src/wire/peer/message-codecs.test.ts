import fc from 'fast-check'
import type { Configuration } from '../../contract/configuration.ts'
import type { ReplicationMessage } from '../../replication/messages.ts'
import { decode, encode } from './codec.ts'
import { hello } from './hello.ts'
import type { Hello } from './hello.ts'
import {
  decodeAnswer,
  decodeMessage,
  decodeRequest,
  encodeAnswer,
  encodeMessage,
  encodeRequest,
  peerRequestKinds,
} from './message-codecs.ts'
import type { PeerRequest } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

const seq = fc.maxSafeNat().map((n) => (n % 2 ** 48) as never)
const ballot = fc.record({ epoch: seq, activation: fc.nat() as fc.Arbitrary<never> })
const position = fc.record({ seq, ballot })
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const entry = fc.record({
  seq,
  ballot,
  opId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array)),
  payload: bytes,
})
const entries = fc.array(entry, { maxLength: 4 })
const store = fc.uuid() as fc.Arbitrary<never>
const configuration: fc.Arbitrary<Configuration> = fc.record({
  partition: fc.nat() as fc.Arbitrary<never>,
  uid: fc.uuid(),
  epoch: seq,
  primary: store,
  members: fc.array(fc.record({ store, zone: fc.string() as fc.Arbitrary<never> }), {
    maxLength: 5,
  }),
  range: fc.record({ start: bytes, end: bytes }),
})
const nothing = fc.constant(undefined)
const log = fc.record({
  first: fc.oneof(nothing, seq),
  base: position,
  end: position,
  ballots: fc.array(position, { maxLength: 4 }),
})
const why = fc.constantFrom(
  ...([
    'promisedMore',
    'grantLives',
    'silence',
    'noState',
    'notMember',
    'quarantined',
    'rival',
  ] as const),
)
const reason = fc.constantFrom(...(['promisedMore', 'gap', 'noState', 'backlog'] as const))

type ByKind = {
  readonly [K in ReplicationMessage['kind']]: fc.Arbitrary<
    Omit<Extract<ReplicationMessage, { kind: K }>, 'kind'>
  >
}

/** Every kind of message: the compiler finds one that is missing. */
const messages: ByKind = {
  prepare: fc.record({ ballot, configuration, prev: position, entries, commit: seq }),
  prepareAck: fc.record({ ballot, seq }),
  nack: fc.record({ ballot, reason, promised: ballot, log: fc.oneof(nothing, log) }),
  seal: fc.record({ epoch: seq }),
  resume: fc.record({ ballot, configuration }),
  sealAck: fc.record({ ballot, log, configuration: fc.oneof(nothing, configuration) }),
  sealRefused: fc.record({ ballot, why, promised: ballot, retryAfterMs: fc.nat() }),
  logFetch: fc.record({ ballot, from: seq, upTo: seq }),
  logEntries: fc.record({ ballot, from: seq, entries }),
  sync: fc.record({ ballot, prev: position, entries }),
  syncAck: fc.record({ ballot, seq }),
  release: fc.record({ ballot, to: fc.uuid(), version: fc.string({ maxLength: 16 }) }),
  check: fc.record({ ballot, round: fc.nat() }),
  checkAck: fc.record({ ballot, round: fc.nat() }),
  snapshotWanted: fc.record({ ballot, log: fc.oneof(nothing, log) }),
  snapshotDone: fc.record({ ballot, seq }),
}

const anyMessage = fc.oneof(
  ...Object.entries(messages).map(([kind, fields]) => fields.map((value) => ({ kind, ...value }))),
) as fc.Arbitrary<ReplicationMessage>

test.each(Object.keys(messages))('a %s is read as it was written', (kind) => {
  const fields = messages[kind as keyof ByKind] as fc.Arbitrary<object>
  fc.assert(
    fc.property(fc.nat(), fields, (partition, value) => {
      const message = { kind: 'replication', partition, message: { kind, ...value } } as never
      expect(decodeMessage(encodeMessage(message))).toEqual(message)
    }),
  )
})

test('a configuration that comes again is the same object', () => {
  const [known] = fc.sample(configuration, 1) as [Configuration]
  const prev = { seq: 0, ballot: { epoch: 1, activation: 0 } }
  const ballot = { epoch: 1, activation: 1 }
  const message = {
    kind: 'prepare',
    ...{ ballot, configuration: known, prev, entries: [], commit: 0 },
  }
  const sent = { kind: 'replication', partition: 1, message } as never
  const read = () => decodeMessage(encodeMessage(sent)).message as unknown as typeof message
  const first = read()
  expect(first.configuration).toEqual(known)
  expect(read().configuration).toBe(first.configuration)
})

test('a message that is cut or changed anywhere is refused or read, never worse', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat(), fc.nat(255), (message, cut, at, to) => {
      const { values } = encodeMessage({ kind: 'replication', partition: 1 as never, message })
      const damaged = Buffer.from(values.subarray(0, values.byteLength - (cut % 3)))
      damaged[at % damaged.length] = to
      try {
        decodeMessage({ values: damaged, bulk: [] })
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }),
    { numRuns: 2000 },
  )
})

const dataId = '00112233445566778899aabbccddeeff' as never

test.each<PeerRequest>([
  { kind: 'knows', partition: 7 as never, uid: 'uid' },
  { kind: 'chunkGet', dataId, index: 1, offset: 0, length: 65_536 },
  { kind: 'chunkRemove', data: [{ dataId, chunkCount: 2 }], isDurable: true },
])('a request of kind $kind is read as it was written', (request) => {
  expect(decodeRequest(encodeRequest(request))).toEqual(request)
})

const garbage = fc.uint8Array({ maxLength: 300 })

test('garbage instead of a request is refused', () => {
  fc.assert(
    fc.property(fc.nat(40), garbage, garbage, (number, values, bulk) => {
      const message = { values: Buffer.from([number, ...values]), bulk: [bulk] }
      expect(['read', 'ProtocolError']).toContain(outcomeOf(() => decodeRequest(message)))
    }),
    { numRuns: 5000 },
  )
})

test.each(peerRequestKinds)('garbage instead of an answer to %s is refused', (kind) => {
  fc.assert(
    fc.property(garbage, garbage, (values, bulk) => {
      const outcome = outcomeOf(() => decodeAnswer(kind, { values, bulk: [bulk] }))
      expect(['read', 'ProtocolError']).toContain(outcome)
    }),
    { numRuns: 500 },
  )
})

function outcomeOf(read: () => unknown): string {
  try {
    read()
    return 'read'
  } catch (error) {
    return (error as Error).name
  }
}

test('an answer is read as it was written', () => {
  expect(decodeAnswer('knows', encodeAnswer('knows', { knows: true }))).toEqual({ knows: true })
})

test('a hello is read as it was written, and one of a later version too', () => {
  const mine: Hello = {
    ...{ protocolMin: 1, protocolMax: 2, lane: 'bulk', region: 'eu', zone: 'a' as never },
    ...{ store: 'store' as never, incarnation: 5 as never, nonce: Buffer.alloc(16, 3) },
    ...{ known: { incarnation: 4 as never, group: 2 ** 40 }, to: 'other' as never },
  }
  const bytes = encode(hello, mine)
  expect(decode(hello, bytes)).toEqual(mine)
  const longer = Buffer.concat([bytes.values, Buffer.from('more')])
  expect(decode(hello, { values: longer, bulk: [] })).toEqual(mine)
})
