/**
 * Holds the rows of a chunk store against its segment files: the invariant "index = segments" of
 * replication.md 5.2 V4. For tests.
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import { sameBytes } from '../../base/bytes.ts'
import type { Files } from '../../base/files.ts'
import { readWholeFile } from '../../base/files.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { KeyValueEngine } from '../key-value-engine.ts'
import {
  chunkNamespaceRange,
  readChunkRowKey,
  readSegmentRowKey,
} from '../../wire/stored/chunk-keys.ts'
import { decodeChunkHead, headSeedOf } from '../../wire/stored/chunk-records.ts'
import {
  dataOffsetOf,
  decodeChunkRow,
  decodeSegmentRow,
  recordBytesOf,
} from '../../wire/stored/chunk-rows.ts'
import { findBadBlock } from './block-checks.ts'

/** Asserts that every row points to its record, and that live bytes are counted exactly. */
export async function checkIndex(
  engine: KeyValueEngine,
  files: Files,
  segmentsDirectory: string,
  storeId: StoreId,
): Promise<void> {
  const contents = new Map<number, Uint8Array>()
  for (const name of await files.list(segmentsDirectory)) {
    const bytes = await readWholeFile(files, `${segmentsDirectory}/${name}`)
    contents.set(Number.parseInt(name, 10), bytes)
  }
  const liveBytes = new Map<number, number>()
  for (const { key, value } of await scanAll(engine, 'chunk')) {
    const chunk = readChunkRowKey(key)
    const row = decodeChunkRow(value)
    const name = `chunk ${chunk.index} of ${chunk.dataId}`
    const bytes = contents.get(row.segment)
    assert(bytes !== undefined, `the segment of ${name} is there`)
    const head = decodeChunkHead(bytes.subarray(row.offset), headSeedOf(storeId))
    const isSame = head.dataId === chunk.dataId && head.index === chunk.index
    assert(isSame && head.offset === row.offset, `the row of ${name} points to its record`)
    assert(sameBytes(head.checks, row.checks), `row and record of ${name} have the same checks`)
    const data = bytes.subarray(dataOffsetOf(row), dataOffsetOf(row) + row.lengthBytes)
    assert(data.byteLength === row.lengthBytes, `the record of ${name} is whole`)
    assert(findBadBlock(data, 0, row.checks) === undefined, `the bytes of ${name} are whole`)
    liveBytes.set(row.segment, (liveBytes.get(row.segment) ?? 0) + recordBytesOf(row))
  }
  for (const { key, value } of await scanAll(engine, 'segment')) {
    const segment = readSegmentRowKey(key)
    const counted = decodeSegmentRow(value).liveBytes
    const live = liveBytes.get(segment) ?? 0
    assert(counted === live, `segment ${segment} counts ${counted} live bytes and has ${live}`)
    liveBytes.delete(segment)
  }
  assert(liveBytes.size === 0, 'every segment with a chunk has its row')
}

function scanAll(engine: KeyValueEngine, name: 'chunk' | 'segment') {
  return engine.scan(chunkNamespaceRange(name), { limit: 1_000_000 })
}
