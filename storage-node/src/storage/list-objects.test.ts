import fc from 'fast-check'
import { compareBytes } from '../base/bytes.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import { isInRange } from '../contract/founding-ranges.ts'
import { noCounters } from '../model/bucket.ts'
import type { BucketId, ObjectKey, VersionSeq } from '../model/identifiers.ts'
import type { ObjectRecord } from '../model/object.ts'
import { plainVersion } from '../model/object.ts'
import type { ObjectPage } from '../model/query.ts'
import { countersRowKey, objectRowKey } from '../wire/stored/keys.ts'
import { encodeObjectRow } from '../wire/stored/object-row.ts'
import { positionOfKey } from '../wire/stored/range-keys.ts'
import { encodeCountersRow } from '../wire/stored/rows.ts'
import type { KeyValueEngine, Reader } from './key-value-engine.ts'
import { LEFT_OUT_COUNT_MAX } from './list-keys.ts'
import { listObjects } from './list-objects.ts'
import { MemoryEngine } from './memory-engine.ts'
import { PartitionRows } from './partition-rows.ts'

const BUCKET = '0123456789abcdef' as BucketId
const OTHER = '0123456789abcdee' as BucketId

const record: ObjectRecord = {
  contentType: '',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
  type: 'Normal',
  versionSeq: 1n as VersionSeq,
  ...plainVersion,
  sizeBytes: 1,
  etag: '0'.repeat(32),
  crc64: 0n,
  lastModifiedMs: 1,
  data: { kind: 'inline' },
}

/** A bucket with these keys, of which some were deleted. */
async function engineWith(
  keys: readonly string[],
  deleted: ReadonlySet<string> = new Set(),
): Promise<KeyValueEngine> {
  const engine = new MemoryEngine()
  const live = encodeObjectRow(record)
  const marker = encodeObjectRow({ ...record, isDeleteMarker: true })
  const rowsOf = (bucketId: BucketId) =>
    keys.map((key) => ({
      key: objectRowKey(bucketId, key as ObjectKey),
      value: deleted.has(key) ? marker : live,
    }))
  const counters = encodeCountersRow({ ...noCounters, deleteMarkers: deleted.size })
  const counted = { key: countersRowKey(BUCKET), value: counters }
  await engine.write([...rowsOf(BUCKET), ...rowsOf(OTHER), counted])
  return engine
}

/** What a listing means, without any cleverness. */
function listPlainly(
  keys: readonly string[],
  { prefix, delimiter, after }: { prefix: string; delimiter: string; after: string },
): string[] {
  const entries = new Set<string>()
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    entries.add(at < 0 ? key : key.slice(0, at + delimiter.length))
  }
  const byBytes = (a: string, b: string) => compareBytes(Buffer.from(a), Buffer.from(b))
  return [...entries].filter((entry) => byBytes(entry, after) > 0).sort(byBytes)
}

function entriesOf({ objects, commonPrefixes }: ObjectPage): string[] {
  const entries = [...objects.map(({ key }) => key as string), ...commonPrefixes]
  return entries.sort((a, b) => compareBytes(Buffer.from(a), Buffer.from(b)))
}

const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '\0', 'é', '😀'), maxLength })

test('pages of any size together show what a plain listing shows, in order and once', async () => {
  const keySets = fc.uniqueArray(
    text(5).filter((key) => key !== ''),
    { maxLength: 60 },
  )
  const delimiters = fc.constantFrom('', '/', 'a', 'ab', '\0')
  await fc.assert(
    fc.asyncProperty(
      keySets,
      text(2),
      delimiters,
      text(3),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      async (all, prefix, delimiter, startAfter, maxCount, nth) => {
        const deleted = new Set(nth === 1 ? [] : all.filter((_, at) => at % nth === 0))
        const keys = all.filter((key) => !deleted.has(key))
        const engine = await engineWith(all, deleted)
        const seen: string[] = []
        let after = startAfter
        for (;;) {
          const query = { bucketId: BUCKET, prefix, delimiter, after, maxCount }
          const page = await listObjects(query, new PartitionRows(engine))
          const entries = entriesOf(page)
          expect(entries.length).toBeLessThanOrEqual(maxCount)
          seen.push(...entries)
          if (!page.isTruncated) break
          expect(page.next).toBe(entries.at(-1))
          after = page.next ?? ''
        }
        expect(seen).toEqual(listPlainly(keys, { prefix, delimiter, after: startAfter }))
      },
    ),
    { numRuns: 300 },
  )
})

test('a partition lists its own keys, and says whether a next one goes on', async () => {
  const keySets = fc.uniqueArray(
    text(3).filter((key) => key !== ''),
    { minLength: 1, maxLength: 30 },
  )
  const cuts = fc.tuple(text(3), text(3))
  await fc.assert(
    fc.asyncProperty(keySets, cuts, text(1), async (keys, [from, to], prefix) => {
      const position = (key: string) => positionOfKey(BUCKET, key as ObjectKey)
      const [start, end] = [position(from), position(to)].sort(compareBytes)
      if (start === undefined || end === undefined) return
      const rows = new PartitionRows(await engineWith(keys), { start, end })
      const query = { bucketId: BUCKET, prefix, delimiter: '', after: '', maxCount: 1000 }
      const page = await listObjects(query, rows)
      const own = keys.filter((key) => isInRange({ start, end }, position(key)))
      expect(entriesOf(page)).toEqual(listPlainly(own, query))
      const behind = keys.filter((key) => compareBytes(position(key), end) >= 0)
      if (behind.some((key) => key.startsWith(prefix))) expect(page.continuesAt).toEqual(end)
    }),
    { numRuns: 300 },
  )
})

test('nothing goes on behind the last range, nor behind one that has all of the prefix', async () => {
  const query = { bucketId: BUCKET, prefix: 'a', delimiter: '', after: '', maxCount: 10 }
  const engine = await engineWith(['a'])
  const pageOf = (range: PartitionRange) => listObjects(query, new PartitionRows(engine, range))
  const end = (key: string) => positionOfKey(BUCKET, key as ObjectKey)
  const start = new Uint8Array()
  expect((await pageOf({ start, end: new Uint8Array() })).continuesAt).toBeUndefined()
  expect((await pageOf({ start, end: end('b') })).continuesAt).toBeUndefined()
  expect((await pageOf({ start, end: end('ab') })).continuesAt).toEqual(end('ab'))
})

test('large and small groups in any mixture are found whichever way they are read', async () => {
  const groups = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(groups, fc.nat(100), async (sizes, percent) => {
      const name = (n: number) => String(n).padStart(4, '0')
      const keys = sizes.flatMap((size, group) =>
        size === 1
          ? [name(group)]
          : Array.from({ length: size }, (_, n) => `${name(group)}/${name(n)}`),
      )
      const deleted = new Set(keys.filter((_, at) => (at * 37) % 100 < percent))
      const engine = await engineWith(keys, deleted)
      const query = { bucketId: BUCKET, prefix: '', delimiter: '/', after: '', maxCount: 1000 }
      const page = await listObjects(query, new PartitionRows(engine))
      const live = keys.filter((key) => !deleted.has(key))
      expect(entriesOf(page)).toEqual(listPlainly(live, query))
      expect(page.isTruncated).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('a page over large groups reads a few rows of each', async () => {
  const keys = Array.from({ length: 20_000 }, (_, n) => `${Math.floor(n / 1000) + 100}/${n}`)
  const engine = await engineWith(keys)
  let rowsRead = 0
  const counting: Reader = {
    getMany: (wanted) => engine.getMany(wanted),
    async scan(range, options) {
      const rows = await engine.scan(range, options)
      rowsRead += rows.length
      return rows
    },
  }
  const query = { bucketId: BUCKET, prefix: '', delimiter: '/', after: '', maxCount: 100 }
  const page = await listObjects(query, new PartitionRows(counting))
  expect(page.commonPrefixes).toHaveLength(20)
  expect(rowsRead).toBeLessThan(300)
})

describe('a page over more deleted keys than are left out at a time', () => {
  const COUNT = 3 * LEFT_OUT_COUNT_MAX
  const name = (n: number) => `d/${String(n).padStart(6, '0')}`
  const dead = Array.from({ length: COUNT }, (_, n) => name(n))
  const keys = ['a', ...dead, 'e', 'f']
  let engine: KeyValueEngine
  beforeAll(async () => {
    engine = await engineWith(keys, new Set(dead))
  })

  /** All pages: what each shows. */
  async function pagesOf(delimiter: string, maxCount: number): Promise<string[][]> {
    const pages: string[][] = []
    for (let after = ''; ;) {
      const query = { bucketId: BUCKET, prefix: '', delimiter, after, maxCount }
      const page = await listObjects(query, new PartitionRows(engine))
      pages.push(entriesOf(page))
      if (!page.isTruncated) return pages
      expect(compareBytes(Buffer.from(page.next ?? ''), Buffer.from(after))).toBe(1)
      after = page.next ?? ''
    }
  }

  test.each([1, 2, 1000])('of %d ends before its time, and the next goes on there', async (max) => {
    const pages = await pagesOf('', max)
    expect(pages.flat()).toEqual(['a', 'e', 'f'])
    expect(pages.length).toBeGreaterThan(2)
    expect(pages.length).toBeLessThan(8)
  })

  test('reads no more rows than that, and one read', async () => {
    let rowsRead = 0
    const counting: Reader = {
      getMany: (wanted) => engine.getMany(wanted),
      async scan(range, options) {
        const rows = await engine.scan(range, options)
        rowsRead += rows.length
        return rows
      },
    }
    const query = { bucketId: BUCKET, prefix: '', delimiter: '', after: 'a', maxCount: 1000 }
    const page = await listObjects(query, new PartitionRows(counting))
    expect(page).toMatchObject({
      objects: [],
      isTruncated: true,
      next: expect.stringMatching(/^d/),
    })
    expect(rowsRead).toBeLessThan(LEFT_OUT_COUNT_MAX + 1002)
  })

  test.each([1, 2, 1000])('of %d shows a group that it has not seen to its end', async (max) => {
    expect((await pagesOf('/', max)).flat()).toEqual(['a', 'd/', 'e', 'f'])
  })
})
