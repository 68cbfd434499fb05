/**
 * Journal and engine of a store belong together: what one may know before the other (replication.md J3, I13).
 *
 * @module
 */

import type { File, Files } from './base/files.ts'
import type { PartitionId, Seq } from './contract/identifiers.ts'
import { openMemoryRegion } from './memory-region.ts'
import type { AccountUid, BucketName, VersionSeq } from './model/identifiers.ts'
import type { CreateBucketRequest } from './services/bucket-service.ts'
import type { KeyValueEngine } from './storage/key-value-engine.ts'
import { MemoryEngine } from './storage/memory-engine.ts'
import { StoreDamagedError } from './storage/store-open-error.ts'
import { appliedRowKey } from './wire/stored/keys.ts'
import { encodeAppliedRow } from './wire/stored/rows.ts'

const SYSTEM_PARTITION = 1 as PartitionId

const bucketRequest: CreateBucketRequest = {
  name: 'some-bucket' as BucketName,
  owner: '1000000000000001' as AccountUid,
  acl: undefined,
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
}

/** A region with a bucket, checkpointed and stopped; opens again on the engine that `exchange` makes of its own. */
async function reopened(exchange: (engine: KeyValueEngine) => KeyValueEngine) {
  let exchanging = false
  const { machine, region } = await openMemoryRegion({
    seed: 1,
    wrapEngine: (engine) => (exchanging ? exchange(engine) : engine),
  })
  await region.buckets.create(bucketRequest)
  await region.stop()
  machine.kill()
  exchanging = true
  return machine.open()
}

test('a store opens on the engine it was stopped with', async () => {
  const region = await reopened((engine) => engine)
  expect(await region.buckets.find(bucketRequest.name)).toBeDefined()
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

/** A gate in front of every sync of the journal. */
class JournalGate {
  #open = Promise.resolve()
  #release = () => {}
  #onSync = () => {}

  /** Resolves once a sync waits at the gate. */
  close(): Promise<void> {
    this.#open = new Promise((resolve) => (this.#release = resolve))
    return new Promise((resolve) => (this.#onSync = resolve))
  }

  release(): void {
    this.#release()
  }

  wrap(files: Files): Files {
    const open: Files['open'] = async (path, mode) => {
      const file = await files.open(path, mode)
      return path.includes('/journal/') ? this.#wrapFile(file) : file
    }
    return {
      open,
      list: (path) => files.list(path),
      rename: (from, to) => files.rename(from, to),
      remove: (path) => files.remove(path),
      makeDirectory: (path) => files.makeDirectory(path),
      syncDirectory: (path) => files.syncDirectory(path),
      space: (path) => files.space(path),
    }
  }

  #wrapFile(file: File): File {
    return {
      read: (target, position) => file.read(target, position),
      write: (pieces, position) => file.write(pieces, position),
      sizeBytes: () => file.sizeBytes(),
      close: () => file.close(),
      sync: async () => {
        this.#onSync()
        await this.#open
        await file.sync()
      },
    }
  }
}

test('nobody sees an entry before the journal has made it durable (I13)', async () => {
  const gate = new JournalGate()
  const { region } = await openMemoryRegion({ seed: 1, wrapFiles: (files) => gate.wrap(files) })
  const reached = gate.close()
  const creating = region.buckets.create(bucketRequest)
  await reached
  // Whatever could be applied meanwhile has the time for it.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  expect(await region.buckets.find(bucketRequest.name)).toBeUndefined()
  gate.release()
  await creating
  expect(await region.buckets.find(bucketRequest.name)).toBeDefined()
  await region.stop()
})
