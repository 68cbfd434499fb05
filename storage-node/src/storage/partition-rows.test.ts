import { dataId, object, place } from '../model/decide-fixtures.ts'
import type { VersionSeq } from '../model/identifiers.ts'
import { objectRowKey, versionRowKey } from '../wire/stored/keys.ts'
import { encodeObjectRow } from '../wire/stored/object-row.ts'
import { MemoryEngine } from './memory-engine.ts'
import { PartitionRows } from './partition-rows.ts'

const { bucketId, key } = place

/** A version whose bytes lie in chunks of the same number. */
function version(number: number) {
  const versionSeq = BigInt(number) as VersionSeq
  return object({ versionSeq, data: { kind: 'chunks', dataId: dataId(number) } })
}

test('the bytes of every version of a key count as referenced', async () => {
  const engine = new MemoryEngine()
  const current = { ...version(3), older: { nullSeq: undefined } }
  await engine.write([{ key: objectRowKey(bucketId, key), value: encodeObjectRow(current) }])
  for (const older of [version(1), version(2)]) {
    const row = versionRowKey(bucketId, key, older.versionSeq)
    await engine.write([{ key: row, value: encodeObjectRow(older) }])
  }
  const rows = new PartitionRows(engine)
  for (const number of [1, 2, 3]) {
    expect(await rows.isReferenced(bucketId, key, dataId(number))).toBe(true)
  }
  expect(await rows.isReferenced(bucketId, key, dataId(4))).toBe(false)
  expect((await rows.newestVersion(bucketId, key))?.versionSeq).toBe(2n)
})
