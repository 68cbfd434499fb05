/**
 * A store whose engine does not fit its journal is never served (replication.md J3).
 *
 * @module
 */

import type { PartitionId, Seq } from '../contract/identifiers.ts'
import { openMemoryRegion } from '../memory-region.ts'
import type { BucketName, VersionSeq } from '../model/identifiers.ts'
import type { AccountUid } from '../model/identifiers.ts'
import type { KeyValueEngine } from '../storage/key-value-engine.ts'
import { MemoryEngine } from '../storage/memory-engine.ts'
import { StoreDamagedError } from '../storage/store-open-error.ts'
import { appliedRowKey } from '../wire/stored/keys.ts'
import { encodeAppliedRow } from '../wire/stored/rows.ts'

const SYSTEM_PARTITION = 1 as PartitionId

/** A region with a bucket, checkpointed and stopped; opens again on the engine that `exchange` makes of its own. */
async function reopened(exchange: (engine: KeyValueEngine) => KeyValueEngine) {
  let exchanging = false
  const { machine, region } = await openMemoryRegion({
    seed: 1,
    wrapEngine: (engine) => (exchanging ? exchange(engine) : engine),
  })
  await region.buckets.create({
    name: 'some-bucket' as BucketName,
    owner: '1000000000000001' as AccountUid,
    acl: undefined,
    storageClass: 'Standard',
    dataRedundancy: 'LRS',
  })
  await region.stop()
  machine.kill()
  exchanging = true
  return machine.open()
}

test('a store opens on the engine it was stopped with', async () => {
  const region = await reopened((engine) => engine)
  expect(await region.buckets.find('some-bucket' as BucketName)).toBeDefined()
  await region.stop()
})

test('a store whose engine lacks what a flush covered is damaged', async () => {
  const error: unknown = await reopened(() => new MemoryEngine()).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(StoreDamagedError)
  expect(String(error)).toContain('partition 1 is applied up to entry 0')
})

test('a store whose engine leads its journal is damaged', async () => {
  const seq = 1000 as Seq
  const value = encodeAppliedRow({ seq, versionSeq: 1n as VersionSeq })
  const error: unknown = await reopened((engine) => {
    void engine.write([{ key: appliedRowKey(SYSTEM_PARTITION), value }])
    return engine
  }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(StoreDamagedError)
  expect(String(error)).toContain('partition 1 is applied up to entry 1000')
})
