import fc from 'fast-check'
import type { Ballot, Incarnation, PartitionId } from '../../contract/identifiers.ts'
import { beaconMessage, type BeaconMessage } from './beacon-codec.ts'
import { decode, encode } from './codec.ts'
import { ProtocolError } from './protocol-error.ts'

const partition = fc.nat(0xffff_ffff) as fc.Arbitrary<PartitionId>
const incarnation = fc.nat() as unknown as fc.Arbitrary<Incarnation>
const ballot = fc.record({
  epoch: fc.nat(),
  activation: fc.nat(),
}) as unknown as fc.Arbitrary<Ballot>
const stampMs = fc.double({ noNaN: true, min: 0 })

const message: fc.Arbitrary<BeaconMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('beacon' as const),
    ...{ incarnation, stampMs, listNumber: fc.nat() },
    status: fc.record({
      hybridMs: fc.nat(),
      diskUsedPercent: fc.nat(100),
      loadPercent: fc.nat(100),
      syncedGroup: fc.nat(),
      mapVersion: fc.nat(),
    }),
    claims: fc.option(fc.array(fc.record({ partition, ballot })), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('answer' as const),
    ...{ incarnation, stampMs, listNumber: fc.nat(), isListWanted: fc.boolean() },
    withheld: fc.array(partition),
    refused: fc.array(fc.record({ partition, promised: ballot })),
  }),
)

test('what is written is read', () => {
  fc.assert(
    fc.property(message, (written) => {
      expect(decode(beaconMessage, encode(beaconMessage, written))).toEqual(written)
    }),
  )
})

test('whatever arrives is read or refused, never worse', () => {
  const damaged = fc
    .tuple(message, fc.nat(), fc.nat(255), fc.nat())
    .map(([written, at, byte, cut]) => {
      const bytes = Uint8Array.from(encode(beaconMessage, written).values)
      bytes[at % bytes.byteLength] = byte
      return bytes.subarray(0, bytes.byteLength - (cut % 3))
    })
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (values) => {
      try {
        decode(beaconMessage, { values, bulk: [] })
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a list is never longer than its bytes', () => {
  const answer = { kind: 'answer', stampMs: 0, listNumber: 0, isListWanted: false } as const
  const written = { ...answer, incarnation: 1 as Incarnation, withheld: [], refused: [] }
  const values = Uint8Array.from(encode(beaconMessage, written).values)
  values.set([0xff, 0x7f], values.byteLength - 2)
  expect(() => decode(beaconMessage, { values, bulk: [] })).toThrow(ProtocolError)
})
