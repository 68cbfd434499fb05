import type { Configuration, Zone } from '../../contract/configuration.ts'
import type { Epoch, PartitionId, StoreId } from '../../contract/identifiers.ts'
import { mayNotFollow } from './transition-rules.ts'

const previous = configuration(5, 'abc')

test.each([
  ['a takeover', configuration(6, 'bac')],
  ['a takeover that drops members', configuration(9, 'ba')],
  ['a new epoch of the same members', configuration(7, 'abc')],
  ['a member that is replaced', configuration(6, 'abd')],
  ['a range that is cut by its primary', configuration(6, 'abc', 'm')],
  ['the same once more', previous],
])('%s may follow', (_name, next) => {
  expect(mayNotFollow(previous, next)).toBeUndefined()
})

test.each([
  ['a lower epoch', configuration(4, 'abc'), 'the epoch falls'],
  ['another primary', configuration(5, 'bac'), 'the configuration of an epoch changes'],
  ['fewer members', configuration(5, 'ab'), 'the configuration of an epoch changes'],
  ['another range', configuration(5, 'abc', 'm'), 'the configuration of an epoch changes'],
  ['two new members', configuration(6, 'ade'), 'more than one member is added'],
  ['a primary from outside', configuration(6, 'dbc'), 'the new primary was no member'],
  ['a takeover that adds', configuration(6, 'bcd'), 'a takeover adds a member'],
  ['a takeover that cuts', configuration(6, 'bac', 'm'), 'a takeover changes the range'],
])('%s may not follow', (_name, next, refusal) => {
  expect(mayNotFollow(previous, next)).toBe(refusal)
})

test('a primary is a member, in the first configuration too', () => {
  const wrong = { ...previous, primary: 'x' as StoreId }
  expect(mayNotFollow(undefined, wrong)).toBe('the primary is no member')
  expect(mayNotFollow(undefined, previous)).toBeUndefined()
})

/** One letter a member, the primary first. */
function configuration(epoch: number, letters: string, end = ''): Configuration {
  const stores = [...letters] as StoreId[]
  return {
    partition: 1 as PartitionId,
    uid: 'u',
    epoch: epoch as Epoch,
    primary: stores[0] ?? ('' as StoreId),
    members: [...stores].sort().map((store) => ({ store, zone: store as string as Zone })),
    range: { start: Buffer.alloc(0), end: Buffer.from(end) },
  }
}
