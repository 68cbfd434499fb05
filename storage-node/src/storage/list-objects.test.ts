import fc from 'fast-check'
import { compareBytes } from '../base/bytes.ts'
import type { PartitionRange } from '../contract/configuration.ts'
import { isInRange } from '../contract/founding-ranges.ts'
import type { BucketId, ObjectKey, VersionSeq } from '../model/identifiers.ts'
import type { ObjectRecord } from '../model/object.ts'
import { plainVersion } from '../model/object.ts'
import type { ObjectPage } from '../model/query.ts'
import { objectRowKey } from '../wire/stored/keys.ts'
import { encodeObjectRow } from '../wire/stored/object-row.ts'
import { positionOfKey } from '../wire/stored/range-keys.ts'
import type { KeyValueEngine, Reader } from './key-value-engine.ts'
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

async function engineWith(keys: readonly string[]): Promise<KeyValueEngine> {
  const engine = new MemoryEngine()
  const value = encodeObjectRow(record)
  const rows = keys.map((key) => ({ key: objectRowKey(BUCKET, key as ObjectKey), value }))
  const others = keys.map((key) => ({ key: objectRowKey(OTHER, key as ObjectKey), value }))
  await engine.write([...rows, ...others])
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
      async (keys, prefix, delimiter, startAfter, maxCount) => {
        const engine = await engineWith(keys)
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
    fc.asyncProperty(groups, async (sizes) => {
      const name = (n: number) => String(n).padStart(4, '0')
      const keys = sizes.flatMap((size, group) =>
        size === 1
          ? [name(group)]
          : Array.from({ length: size }, (_, n) => `${name(group)}/${name(n)}`),
      )
      const engine = await engineWith(keys)
      const query = { bucketId: BUCKET, prefix: '', delimiter: '/', after: '', maxCount: 1000 }
      const page = await listObjects(query, new PartitionRows(engine))
      expect(entriesOf(page)).toEqual(listPlainly(keys, query))
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
