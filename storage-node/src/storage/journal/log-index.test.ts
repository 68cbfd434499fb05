import fc from 'fast-check'
import type { Ballot, Epoch, PartitionId, Seq } from '../../contract/identifiers.ts'
import { fileOf, locationOf, offsetOf } from './location.ts'
import { LogIndex } from './log-index.ts'

const P = 1 as PartitionId

function at(seq: number, epoch = 1): { seq: Seq; ballot: Ballot } {
  return { seq: seq as Seq, ballot: { epoch: epoch as Epoch, activation: 1 } }
}

test('a location keeps file and offset apart', () => {
  const location = locationOf(123_456, 67_108_863)
  expect([fileOf(location), offsetOf(location)]).toEqual([123_456, 67_108_863])
})

test('a log begins anywhere, grows by one, and refuses a gap', () => {
  const index = new LogIndex()
  expect(index.place(P, at(7), 1)).toBe(true)
  expect(index.place(P, at(8), 2)).toBe(true)
  expect(index.place(P, at(10), 3)).toBe(false)
  expect([index.first(P), index.end(P)]).toEqual([7, at(8)])
})

test('an entry in the middle ends the log and takes over with its ballot', () => {
  const index = new LogIndex()
  for (const seq of [1, 2, 3, 4]) index.place(P, at(seq), seq)
  index.place(P, at(3, 2), 9)
  expect(index.end(P)).toEqual(at(3, 2))
  expect([2, 3, 4].map((seq) => index.find(P, seq as Seq))).toEqual([2, 9, undefined])
})

test('the index equals a plain list under any sequence of entries and forgotten files', () => {
  const step = fc.record({
    back: fc.nat({ max: 4 }),
    epoch: fc.nat({ max: 3 }),
    nextFile: fc.boolean(),
    forget: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const index = new LogIndex()
      let list: { seq: number; epoch: number; location: number }[] = []
      let [file, offset, epoch] = [1, 0, 1]
      for (const { back, epoch: more, nextFile, forget } of steps) {
        if (nextFile) [file, offset] = [file + 1, 0]
        if (forget) {
          index.forgetFilesBelow(file - 1)
          list = list.filter(({ location }) => location >= locationOf(file - 1, 0))
        }
        const end = list.at(-1)?.seq ?? 0
        const seq = Math.max(1, end + 1 - back)
        if (back > 0) epoch += more
        const location = locationOf(file, (offset += 100))
        expect(index.place(P, at(seq, epoch), location)).toBe(true)
        list = [...list.filter((held) => held.seq < seq), { seq, epoch, location }]
        expect(index.end(P)).toEqual(at(seq, epoch))
        expect(index.first(P)).toBe(list[0]?.seq)
        for (const held of list) expect(index.find(P, held.seq as Seq)).toBe(held.location)
        expect(index.find(P, (seq + 1) as Seq)).toBeUndefined()
      }
    }),
  )
})

test('a log whose files are all gone is empty and begins anew', () => {
  const index = new LogIndex()
  index.place(P, at(1), locationOf(1, 0))
  index.forgetFilesBelow(2)
  expect([index.first(P), index.end(P)]).toEqual([undefined, undefined])
  expect(index.place(P, at(2, 5), locationOf(2, 0))).toBe(true)
  expect(index.end(P)).toEqual(at(2, 5))
})
