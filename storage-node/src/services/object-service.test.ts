import { systemClock } from '../base/clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import type { Partitions } from '../cluster/partitions.ts'
import { UnknownOutcomeError } from '../cluster/primary-calls.ts'
import { unsetSettings } from '../model/bucket.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { StoredBody } from '../model/command.ts'
import { object } from '../model/decide-fixtures.ts'
import { OssError } from '../model/errors.ts'
import type { AccountUid, BucketId, BucketName, DataId, ObjectKey } from '../model/identifiers.ts'
import { COPY_SIZE_BYTES_MAX } from '../model/limits.ts'
import type { ObjectMetadata } from '../model/object.ts'
import { defaultRestoreLengths } from '../model/restore.ts'
import type { BodyStore } from './body-store.ts'
import type { ObjectReader } from './object-reader.ts'
import { ObjectService } from './object-service.ts'
import { UploadService } from './upload-service.ts'

const bucket: BucketRecord = {
  name: 'photos' as BucketName,
  bucketId: '0123456789abcdef' as BucketId,
  owner: '1' as AccountUid,
  acl: 'private',
  storageClass: 'Standard',
  dataRedundancy: 'ZRS',
  createdMs: 1,
  deletion: undefined,
  ...unsetSettings,
}
const key = '1.jpg' as ObjectKey
const uploadId = '0'.repeat(32)
const stored: StoredBody = {
  sizeBytes: 5000,
  data: { kind: 'chunks', dataId: '0'.repeat(32) as DataId },
  md5: '0'.repeat(32),
  crc64: 0n,
}

const metadata: ObjectMetadata = {
  contentType: 'image/jpeg',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}

/** Services whose every command ends in this error, and what they do with the body then. */
function openServices(error: Error, reader: Partial<ObjectReader> = {}) {
  const bodies = {
    store: () => Promise.resolve(stored),
    discard: jest.fn(() => Promise.resolve()),
    confirm: jest.fn(),
  }
  const execute = jest.fn(() => Promise.reject(error))
  const ask = () => Promise.resolve({ upload: {}, parts: [] })
  const parts = {
    partitions: { execute, ask } as unknown as Partitions,
    records: { find: () => Promise.resolve(bucket) },
    bodies: bodies as unknown as BodyStore,
    reader: reader as ObjectReader,
    clock: systemClock,
    random: seededRandom(1),
    restoreLengths: defaultRestoreLengths,
  }
  const objects = new ObjectService(parts)
  return { objects, uploads: new UploadService(parts), bodies, execute }
}

const request = {
  metadata,
  body: { lengthBytes: 5000, read: () => Promise.resolve() },
  contentMd5: undefined,
  forbidOverwrite: true,
  signal: new AbortController().signal,
}

type Services = ReturnType<typeof openServices>

describe.each<[string, (services: Services) => Promise<unknown>]>([
  ['put', ({ objects }) => objects.put(bucket, key, request)],
  ['append', ({ objects }) => objects.append(bucket, key, 0, request)],
  ['part', ({ uploads }) => uploads.putPart(bucket, key, uploadId, 1, request)],
])('the body of a %s', (_what, write) => {
  test('is freed when the command is refused', async () => {
    const services = openServices(new OssError('FileAlreadyExists'))
    await expect(write(services)).rejects.toMatchObject({ code: 'FileAlreadyExists' })
    expect(services.bodies.discard).toHaveBeenCalledWith({ bucketId: bucket.bucketId, key }, stored)
  })

  test('stays when nobody knows what became of the command', async () => {
    const services = openServices(new UnknownOutcomeError(new Error('No answer in time')))
    await expect(write(services)).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    expect(services.bodies.discard).not.toHaveBeenCalled()
    expect(services.bodies.confirm).not.toHaveBeenCalled()
  })

  test('is committed for as long as the client waits', async () => {
    const services = openServices(new OssError('FileAlreadyExists'))
    await expect(write(services)).rejects.toThrow()
    expect(services.execute).toHaveBeenCalledWith(expect.anything(), request.signal)
  })
})

test.each([
  [COPY_SIZE_BYTES_MAX, 'FileAlreadyExists'],
  [COPY_SIZE_BYTES_MAX + 1, 'EntityTooLarge'],
])('a copy of %i bytes ends with %s', async (sizeBytes, code) => {
  const record = object({ sizeBytes, data: { kind: 'chunks', dataId: '1'.repeat(32) as DataId } })
  const body = () => ({ lengthBytes: sizeBytes, send: () => Promise.resolve() })
  const open = () => Promise.resolve({ record, body })
  const services = openServices(new OssError('FileAlreadyExists'), { open })
  const copying = services.objects.copy(bucket, key, {
    source: { bucket, key: 'source' as ObjectKey },
    check() {},
    metadata: () => metadata,
    forbidOverwrite: true,
    signal: request.signal,
  })
  await expect(copying).rejects.toMatchObject({ code })
})
