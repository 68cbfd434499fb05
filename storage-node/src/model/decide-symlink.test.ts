import {
  changesOf,
  context,
  dataId,
  met,
  metadata,
  object,
  place,
  refusalOf,
} from './decide-fixtures.ts'
import { decidePutSymlink, linkedRecord } from './decide-symlink.ts'
import type { ObjectKey } from './identifiers.ts'
import type { StorageClass } from './object.ts'

const command = {
  kind: 'putSymlink',
  ...place,
  metadata: { ...metadata, tags: [['a', '1']] },
  etag: 'A'.repeat(32),
  target: 'target' as ObjectKey,
  forbidOverwrite: false,
  condition: undefined,
  versions: { state: 'unset' },
} as const
const nothing = met(undefined)

test('a link is an object without bytes that says where it leads', () => {
  const [row] = changesOf(decidePutSymlink(command, nothing, context))
  expect(row).toMatchObject({
    row: 'object',
    value: {
      type: 'Symlink',
      symlinkTarget: 'target',
      sizeBytes: 0,
      data: { kind: 'none' },
      etag: command.etag,
      tags: [['a', '1']],
      lastModifiedMs: context.nowMs,
    },
  })
})

test('a link lets go of the bytes that it takes the place of, unless it must not', () => {
  const before = met(object({ data: { kind: 'chunks', dataId: dataId(1) } }))
  const rows = changesOf(decidePutSymlink(command, before, context)).map(({ row }) => row)
  expect(rows).toEqual(['object', 'counters', 'dropped'])
  const forbidden = { ...command, forbidOverwrite: true }
  expect(refusalOf(decidePutSymlink(forbidden, before, context))).toBe('FileAlreadyExists')
  expect(refusalOf(decidePutSymlink(forbidden, nothing, context))).toBeUndefined()
})

test.each<[StorageClass, StorageClass]>([
  ['Standard', 'Standard'],
  ['IA', 'IA'],
  ['Archive', 'Archive'],
  ['ColdArchive', 'Standard'],
  ['DeepColdArchive', 'Standard'],
])('where %s is the class, a link is of class %s', (storageClass, expected) => {
  const ofClass = { ...command, metadata: { ...metadata, storageClass } }
  const [row] = changesOf(decidePutSymlink(ofClass, nothing, context))
  expect(row).toMatchObject({ value: { storageClass: expected } })
})

test('a read shows what the bytes of the target are, and the later of both times', () => {
  const link = object({ type: 'Symlink', lastModifiedMs: 5, etag: 'B'.repeat(32), sizeBytes: 0 })
  const target = object({ lastModifiedMs: 7, sizeBytes: 9, crc64: 3n, contentType: 'x/y' })
  const { etag, sizeBytes, crc64 } = target
  expect(linkedRecord(link, target)).toEqual({ ...link, etag, sizeBytes, crc64, lastModifiedMs: 7 })
  expect(linkedRecord({ ...link, lastModifiedMs: 8 }, target).lastModifiedMs).toBe(8)
})
