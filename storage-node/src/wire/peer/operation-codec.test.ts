import fc from 'fast-check'
import type { Epoch, PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import type { Zone } from '../../contract/configuration.ts'
import type { Codec } from './codec.ts'
import { decode, encode } from './codec.ts'
import { command, commandResult } from './command-codec.ts'
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from './message-codecs.ts'
import type { PeerRequest } from './messages.ts'
import { anyAnswer, anyCommand, anyQuery, anyResult } from './operation-codec-fixtures.ts'
import type { OperationRequests } from './operation-messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { answer, query } from './query-codec.ts'

const RUNS = 60

function comesBack<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => expect(decode(codec, encode(codec, value))).toEqual(value)),
    { numRuns: RUNS },
  )
}

describe('comes back as it was', () => {
  test.each(anyCommand)('command %s', (_kind, values) => comesBack(command, values))
  test.each(anyResult)('result %s', (_kind, values) => comesBack(commandResult, values))
  test.each(anyQuery)('query %s', (_kind, values) => comesBack(query, values))
  test.each(anyAnswer)('answer %s', (_kind, values) => comesBack(answer, values))
})

const partition = 3 as PartitionId
const ballot = { epoch: 7 as Epoch, activation: 2 }
const position = { ballot, seq: 99 as Seq }
const store = '00000000-0000-4000-8000-000000000001' as StoreId
const oneOf = <T>(kinds: readonly (readonly [unknown, fc.Arbitrary<T>])[]): fc.Arbitrary<T> =>
  fc.oneof(...kinds.map(([, values]) => values))

const requests: readonly (readonly [string, fc.Arbitrary<PeerRequest>])[] = [
  [
    'execute',
    fc.record({
      kind: fc.constant('execute' as const),
      partition: fc.constant(partition),
      opId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      command: oneOf(anyCommand),
    }),
  ],
  [
    'ask',
    fc.record({
      kind: fc.constant('ask' as const),
      partition: fc.constant(partition),
      query: oneOf(anyQuery),
    }),
  ],
  [
    'settings',
    fc.constantFrom({ kind: 'settings', since: undefined }, { kind: 'settings', since: position }),
  ],
  ['settingsChanged', fc.constant({ kind: 'settingsChanged', changed: [] })],
  ['settingsWord', fc.constant({ kind: 'settingsWord', position })],
]

test.each(requests)('the request %s comes back as it was', (_kind, values) => {
  fc.assert(
    fc.property(values, (request) => {
      expect(decodeRequest(encodeRequest(request))).toEqual(request)
    }),
  )
})

const refused = {
  kind: 'refused',
  refusal: { code: 'NoSuchKey', message: undefined, details: [{ name: 'Key', value: 'a' }] },
} as const
const elsewhere = { kind: 'elsewhere', epoch: 3 as Epoch, primary: store } as const
const unavailable = { kind: 'unavailable', why: 'noLease', retryAfterMs: 25 } as const
const members = [{ store, zone: 'a' as Zone }]

type Answers = {
  readonly [K in keyof OperationRequests]: readonly OperationRequests[K]['answer'][]
}

const replies: Answers = {
  execute: [refused, elsewhere, unavailable, { kind: 'done', value: { kind: 'done' } }],
  ask: [refused, elsewhere, unavailable, { kind: 'done', value: { kind: 'buckets', answer: [] } }],
  settings: [
    elsewhere,
    { ...elsewhere, primary: undefined },
    { kind: 'done', value: { position, members, changed: undefined } },
    { kind: 'done', value: { position, members: undefined, changed: [] } },
  ],
  settingsChanged: [{ forgotten: true }],
  settingsWord: [{ holds: true }, { holds: false }],
}

test.each(Object.keys(replies) as (keyof Answers)[])('answers to %s come back', (kind) => {
  for (const reply of replies[kind]) {
    expect(decodeAnswer(kind, encodeAnswer(kind, reply))).toEqual(reply)
  }
})

const codecs: readonly (readonly [string, Codec<unknown>, fc.Arbitrary<unknown>])[] = [
  ['a command', command as Codec<unknown>, oneOf(anyCommand)],
  ['a result', commandResult as Codec<unknown>, oneOf(anyResult)],
  ['a query', query as Codec<unknown>, oneOf(anyQuery)],
  ['an answer', answer as Codec<unknown>, oneOf(anyAnswer)],
]

function readOrRefuse(codec: Codec<unknown>, values: Uint8Array): void {
  try {
    decode(codec, { values, bulk: [] })
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
  }
}

test.each(codecs)(
  'whatever bytes stand for %s, they are read or refused',
  (_name, codec, values) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => readOrRefuse(codec, garbage)),
      { numRuns: 500 },
    )
    const changes = fc.tuple(values, fc.nat(), fc.nat({ max: 255 }), fc.nat())
    fc.assert(
      fc.property(changes, ([value, at, byte, cut]) => {
        const encoded = Buffer.from(encode(codec, value).values)
        encoded[at % encoded.length] = byte
        readOrRefuse(codec, encoded)
        readOrRefuse(codec, encoded.subarray(0, cut % encoded.length))
      }),
      { numRuns: 500 },
    )
  },
)

test('what is cut off is refused', () => {
  const [, values] = anyCommand.find(([kind]) => kind === 'putObject') ?? []
  if (values === undefined) throw new Error('putObject is a command')
  fc.assert(
    fc.property(values, fc.nat(), (value, cut) => {
      const { values: encoded } = encode(command, value)
      const part = encoded.subarray(0, cut % encoded.byteLength)
      expect(() => decode(command, { values: part, bulk: [] })).toThrow(ProtocolError)
    }),
  )
})
