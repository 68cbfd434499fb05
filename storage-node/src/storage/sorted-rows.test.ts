import fc from 'fast-check'
import { SortedRows } from './sorted-rows.ts'

function bytes(number: number): Uint8Array {
  const key = Buffer.alloc(2)
  key.writeUInt16BE(number)
  return key
}

function numbers(rows: { key: Uint8Array }[]): number[] {
  return rows.map(({ key }) => Buffer.from(key).readUInt16BE())
}

type Model = Map<number, number>
type Change = readonly [first: number, count: number, stride: number, value: number]

/** Enough rows for dozens of blocks. */
const someChange: fc.Arbitrary<Change> = fc.tuple(
  fc.nat(5000),
  fc.nat(900),
  fc.integer({ min: 1, max: 7 }),
  fc.nat(255),
)

function change(rows: SortedRows, model: Model, [first, count, stride, value]: Change): void {
  for (let key = first; key < first + count * stride; key += stride) {
    if (value < 100) {
      rows.delete(bytes(key))
      model.delete(key)
    } else {
      rows.set(bytes(key), Buffer.of(value))
      model.set(key, value)
    }
  }
}

function compare(rows: SortedRows, model: Model, start: number, end: number, limit: number): void {
  const within = [...model.keys()].filter((key) => key >= start && key < end).sort((a, b) => a - b)
  const range = { start: bytes(start), end: bytes(end) }
  expect(numbers(rows.scan(range, { limit }))).toEqual(within.slice(0, limit))
  const backwards = rows.scan(range, { limit, reverse: true })
  expect(numbers(backwards)).toEqual(within.toReversed().slice(0, limit))
  for (const key of [start, end, ...within]) {
    const found = rows.get(bytes(key))
    if (found?.[0] !== model.get(key)) throw new Error(`Row ${key} is ${found?.[0]}`)
  }
}

test('it and its clones each answer like a sorted map of their own', () => {
  const someSteps = fc.array(fc.tuple(someChange, fc.nat(3), fc.nat(12_000), fc.nat(12_000)), {
    minLength: 5,
    maxLength: 20,
  })
  fc.assert(
    fc.property(someSteps, (steps) => {
      const maps: { rows: SortedRows; model: Model }[] = [
        { rows: new SortedRows(), model: new Map() },
      ]
      for (const [each, pick, start, end] of steps) {
        const { rows, model } = maps[pick % maps.length]!
        if (maps.length < 4) maps.push({ rows: rows.clone(), model: new Map(model) })
        change(rows, model, each)
        for (const map of maps) compare(map.rows, map.model, start, end, 1 + (start % 700))
      }
      for (const { rows, model } of maps) compare(rows, model, 0, 65_535, 100_000)
    }),
    { numRuns: 40 },
  )
})
