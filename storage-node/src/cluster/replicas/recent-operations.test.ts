import { seededRandom } from '../../base/seeded-random.ts'
import type { Seq } from '../../contract/identifiers.ts'
import { newOpId } from '../../wire/stored/op-id.ts'
import { RecentOperations } from './recent-operations.ts'

const NOW_MS = Date.UTC(2030, 0, 1)
const random = seededRandom(5)
const at = (offMs: number) => newOpId(NOW_MS + offMs, random)

test('an operation is found for as long as its gateway may ask again', () => {
  const recent = new RecentOperations()
  const opId = at(0)
  recent.add(opId, 7 as Seq, NOW_MS)
  recent.add(at(9_000), 8 as Seq, NOW_MS + 19_000)
  expect(recent.find(opId)).toMatchObject({ seq: 7 })
  recent.add(at(21_000), 9 as Seq, NOW_MS + 21_000)
  expect(recent.find(opId)).toBeUndefined()
  expect(recent.isForgotten(opId)).toBe(true)
})

test('what is forgotten is known as such, whatever clocks do: it is not executed again', () => {
  const recent = new RecentOperations()
  recent.add(at(0), 1 as Seq, NOW_MS)
  recent.add(at(25_000), 2 as Seq, NOW_MS + 25_000)
  expect(recent.isForgotten(at(-1))).toBe(true)
  expect(recent.isForgotten(at(1))).toBe(false)
})

test('entries of other times are not kept: epoch starts, and those without a time', () => {
  const recent = new RecentOperations()
  const foreign = [new Uint8Array(16), Buffer.alloc(16, 0xff), at(-31_000), at(3_601_000)]
  for (const [seq, opId] of foreign.entries()) recent.add(opId, seq as Seq, NOW_MS)
  for (const opId of foreign) expect(recent.find(opId)).toBeUndefined()
  expect(recent.all(NOW_MS)).toEqual([])
})

test('a store whose clock is behind keeps what will be recent once it is set right', () => {
  const recent = new RecentOperations()
  const opId = at(31_000)
  recent.add(opId, 1 as Seq, NOW_MS)
  expect(recent.find(opId)).toMatchObject({ seq: 1 })
  recent.add(at(32_000), 2 as Seq, NOW_MS + 32_000)
  expect(recent.find(opId)).toMatchObject({ seq: 1 })
})

test('it keeps a copy: what an opId was read from is used again', () => {
  const recent = new RecentOperations()
  const buffer = Buffer.from(at(0))
  const opId = Buffer.from(buffer)
  recent.add(buffer, 1 as Seq, NOW_MS)
  buffer.fill(0)
  expect(recent.find(opId)).toMatchObject({ opId })
})

test('it begins with what a start or a snapshot has found, in the order of entries', () => {
  const found = [1, 2, 3].map((seq) => {
    return { opId: at(seq), seq: seq as Seq, payload: Buffer.from(`${seq}`) }
  })
  const recent = new RecentOperations(found)
  recent.add(at(4), 4 as Seq, NOW_MS)
  expect(recent.all(NOW_MS).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  expect(recent.find(found[1]?.opId ?? Buffer.alloc(16))?.payload).toEqual(Buffer.from('2'))
  expect(recent.all(NOW_MS + 60_000)).toEqual([])
})
