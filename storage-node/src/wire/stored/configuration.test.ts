import fc from 'fast-check'
import type { Configuration, Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { decodeConfiguration, encodeConfiguration } from './configuration.ts'
import { StoredFormatError } from './stored-format-error.ts'

const A = '0f8fad5b-d9cb-469f-a165-70867728950e' as StoreId
const B = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as StoreId

const configuration: Configuration = {
  partition: 7 as PartitionId,
  uid: 'b6f5e0a2',
  epoch: 3 as Epoch,
  primary: B,
  members: [
    { store: A, zone: 'a' as Zone },
    { store: B, zone: 'zone-b' as Zone },
  ],
  range: { start: Buffer.from('0123456789abcdef', 'hex'), end: Buffer.alloc(0) },
}

test('a configuration comes back as it was', () => {
  expect(decodeConfiguration(encodeConfiguration(configuration))).toEqual(configuration)
})

test('its range does not keep what it was read from', () => {
  const held = Buffer.concat([Buffer.alloc(100_000), encodeConfiguration(configuration)])
  const { range } = decodeConfiguration(held.subarray(100_000))
  expect(range.start.buffer).not.toBe(held.buffer)
})

test('whatever bytes there are, they are a configuration or refused', () => {
  const whole = encodeConfiguration(configuration)
  fc.assert(
    fc.property(fc.nat(whole.byteLength - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(whole)
      changed[at] = value
      for (const bytes of [changed, whole.subarray(0, at)]) {
        try {
          decodeConfiguration(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(StoredFormatError)
        }
      }
    }),
    { numRuns: 1000 },
  )
})
