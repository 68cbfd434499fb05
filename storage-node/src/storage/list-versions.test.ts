import fc from 'fast-check'
import { compareBytes } from '../base/bytes.ts'
import type { BucketId, ObjectKey, VersionId, VersionSeq } from '../model/identifiers.ts'
import type { ObjectRecord } from '../model/object.ts'
import { plainVersion } from '../model/object.ts'
import { NULL_VERSION, versionIdOf } from '../model/version-id.ts'
import { objectRowKey, versionRowKey } from '../wire/stored/keys.ts'
import { encodeObjectRow } from '../wire/stored/object-row.ts'
import type { Reader } from './key-value-engine.ts'
import { listVersions } from './list-versions.ts'
import { MemoryEngine } from './memory-engine.ts'
import { PartitionRows } from './partition-rows.ts'

const BUCKET = '0123456789abcdef' as BucketId
const OTHER = '0123456789abcdee' as BucketId
const SALT = 'cd'.repeat(8)

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

/** A key and its versions, the newest first: which of them is null, and which are delete markers. */
interface Key {
  readonly key: string
  readonly versions: readonly { readonly seq: number; readonly isMarker: boolean }[]
  readonly nullSeq: number | undefined
}

interface Shown {
  readonly name: string
  readonly versionId?: string
  readonly isLatest?: boolean
  readonly isDeleteMarker?: boolean
}

function versionIdAt({ nullSeq }: Key, seq: number): VersionId {
  return seq === nullSeq ? NULL_VERSION : versionIdOf(BigInt(seq) as VersionSeq, SALT)
}

async function rowsWith(keys: readonly Key[]): Promise<PartitionRows> {
  const engine = new MemoryEngine()
  for (const bucketId of [BUCKET, OTHER]) {
    for (const each of keys) {
      const key = each.key as ObjectKey
      for (const [at, { seq, isMarker }] of each.versions.entries()) {
        const versionSeq = BigInt(seq) as VersionSeq
        const isOlder = each.nullSeq !== undefined && each.nullSeq !== each.versions[0]?.seq
        const nullSeq = isOlder ? (BigInt(each.nullSeq) as VersionSeq) : undefined
        const value = encodeObjectRow({
          ...{ ...record, versionSeq, isDeleteMarker: isMarker },
          versionId: versionIdAt(each, seq),
          older: at === 0 ? { nullSeq } : undefined,
        })
        const row =
          at === 0 ? objectRowKey(bucketId, key) : versionRowKey(bucketId, key, versionSeq)
        await engine.write([{ key: row, value }])
      }
    }
  }
  return new PartitionRows(engine)
}

const byBytes = (a: string, b: string) => compareBytes(Buffer.from(a), Buffer.from(b))

/** What a listing means, without any cleverness. */
function listPlainly(keys: readonly Key[], prefix: string, delimiter: string): Shown[] {
  const shown: Shown[] = []
  for (const each of [...keys].sort((a, b) => byBytes(a.key, b.key))) {
    if (!each.key.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : each.key.indexOf(delimiter, prefix.length)
    if (at >= 0) {
      const name = each.key.slice(0, at + delimiter.length)
      if (shown.at(-1)?.name !== name) shown.push({ name })
      continue
    }
    for (const [order, { seq, isMarker }] of each.versions.entries()) {
      const versionId = versionIdAt(each, seq)
      const isLatest = order === 0
      shown.push({ name: each.key, versionId, isLatest, isDeleteMarker: isMarker })
    }
  }
  return shown
}

/** All pages, one after the other. */
async function listPages(
  rows: PartitionRows,
  prefix: string,
  delimiter: string,
  maxCount: number,
): Promise<Shown[]> {
  const shown: Shown[] = []
  let after = ''
  let afterVersionId: VersionId | undefined
  for (;;) {
    const query = { bucketId: BUCKET, prefix, delimiter, after, afterVersionId, maxCount }
    const page = await listVersions(query, rows)
    const entries: Shown[] = [
      ...page.versions.map(({ key: name, versionId, isLatest, isDeleteMarker }) => {
        return { name, versionId, isLatest, isDeleteMarker }
      }),
      ...page.commonPrefixes.map((name) => ({ name })),
    ]
    // Sorting is stable, and a key of several versions is no common prefix.
    shown.push(...entries.sort((a, b) => byBytes(a.name, b.name)))
    expect(entries.length).toBeLessThanOrEqual(maxCount)
    if (!page.isTruncated) return shown
    expect(entries.length).toBe(maxCount)
    after = page.next ?? ''
    afterVersionId = page.nextVersionId
  }
}

const names = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '\0', 'é'),
  minLength: 1,
  maxLength: 4,
})
const anyKey: fc.Arbitrary<Key> = fc
  .record({
    key: names,
    versions: fc.uniqueArray(
      fc.record({ seq: fc.integer({ min: 1, max: 50 }), isMarker: fc.boolean() }),
      {
        selector: ({ seq }) => seq,
        minLength: 1,
        maxLength: 6,
      },
    ),
    nullAt: fc.option(fc.nat(5), { nil: undefined }),
  })
  .map(({ key, versions, nullAt }) => {
    const sorted = [...versions].sort((a, b) => b.seq - a.seq)
    return {
      key,
      versions: sorted,
      nullSeq: nullAt === undefined ? undefined : sorted[nullAt]?.seq,
    }
  })
const keySets = fc.uniqueArray(anyKey, { selector: ({ key }) => key, maxLength: 20 })

test('pages show every version once, by key and the newest first, or its common prefix', async () => {
  const prefixes = fc.constantFrom('', 'a', 'a/', 'b')
  const delimiters = fc.constantFrom('', '/', 'a')
  const counts = fc.integer({ min: 1, max: 7 })
  await fc.assert(
    fc.asyncProperty(keySets, prefixes, delimiters, counts, async (keys, prefix, by, count) => {
      const rows = await rowsWith(keys)
      expect(await listPages(rows, prefix, by, count)).toEqual(listPlainly(keys, prefix, by))
    }),
    { numRuns: 300 },
  )
})

const one: Key = {
  key: 'k',
  versions: [5, 4, 3].map((seq) => ({ seq, isMarker: false })),
  nullSeq: 4,
}

async function namesAfter(keys: readonly Key[], afterVersionId: VersionId): Promise<bigint[]> {
  const query = { bucketId: BUCKET, prefix: '', delimiter: '', after: 'k', maxCount: 10 }
  const { versions } = await listVersions({ ...query, afterVersionId }, await rowsWith(keys))
  return versions.map(({ versionId }) => (versionId === NULL_VERSION ? 0n : seqIn(versionId)))
}

const seqIn = (versionId: string) => BigInt(`0x${versionId.slice(0, 16)}`)

test.each<[string, Key, VersionId, bigint[]]>([
  ['a version', one, versionIdAt(one, 5), [0n, 3n]],
  ['the null version', one, NULL_VERSION, [3n]],
  ['the last one', one, versionIdAt(one, 3), []],
  ['one that is gone', one, versionIdOf(6n as VersionSeq, SALT), [5n, 0n, 3n]],
  ['one that never was', one, versionIdOf(1n as VersionSeq, SALT), []],
  // It says nothing of its place: what was shown is shown again, and nothing is left out.
  ['a null version that is gone', { ...one, nullSeq: undefined }, NULL_VERSION, [5n, 4n, 3n]],
])('a page goes on behind %s', async (_name, key, versionId, expected) => {
  expect(await namesAfter([key], versionId)).toEqual(expected)
})

test.each<[string, VersionId | undefined]>([
  ['at the beginning', undefined],
  ['in the middle', versionIdOf(50_000n as VersionSeq, SALT)],
])(
  'a page of a key with 100,000 versions reads little more than it shows: %s',
  async (_, place) => {
    const engine = new MemoryEngine()
    const key = 'k' as ObjectKey
    const row = (at: number) => {
      const versionSeq = BigInt(at) as VersionSeq
      const value = encodeObjectRow({
        ...record,
        versionSeq,
        versionId: versionIdOf(versionSeq, SALT),
      })
      return { key: versionRowKey(BUCKET, key, versionSeq), value }
    }
    await engine.write(Array.from({ length: 100_000 }, (_, at) => row(at + 1)))
    const newest = encodeObjectRow({ ...record, versionSeq: 200_000n as VersionSeq })
    await engine.write([{ key: objectRowKey(BUCKET, key), value: newest }])
    let rowsRead = 0
    const counting: Reader = {
      getMany: (wanted) => engine.getMany(wanted),
      async scan(range, options) {
        const rows = await engine.scan(range, options)
        rowsRead += rows.length
        return rows
      },
    }
    const after = place === undefined ? '' : 'k'
    const query = { bucketId: BUCKET, prefix: '', delimiter: '', after, afterVersionId: place }
    const page = await listVersions({ ...query, maxCount: 1000 }, new PartitionRows(counting))
    expect(page.versions).toHaveLength(1000)
    expect(page.isTruncated).toBe(true)
    expect(rowsRead).toBeLessThan(1100)
  },
)
