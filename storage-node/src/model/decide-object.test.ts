import {
  body,
  changesOf,
  context,
  countedBy,
  dataId,
  dataSetId,
  droppedBy,
  met,
  metadata,
  object,
  place,
  refusalOf,
} from './decide-fixtures.ts'
import { decidePutObject, decideReplaceMetadata } from './decide-object.ts'
import type { VersionSeq } from './identifiers.ts'
import { plainVersion } from './object.ts'
import type { ObjectRecord, RestoreTimes, StorageClass } from './object.ts'

const chunked = object({ sizeBytes: 9000, data: { kind: 'chunks', dataId: dataId(8) } })
const pieces = object({
  type: 'Multipart',
  sizeBytes: 200_000,
  storageClass: 'IA',
  data: { kind: 'pieces', dataSetId: dataSetId(1), pieceCount: 2 },
})

function put(sizeBytes: number, forbidOverwrite = false) {
  const stored = body(sizeBytes)
  return {
    kind: 'putObject',
    ...place,
    metadata,
    body: stored,
    etag: 'E',
    forbidOverwrite,
    condition: undefined,
    versions: { state: 'unset' },
  } as const
}

describe('a put', () => {
  const cases: readonly [string, ObjectRecord | undefined, object, object][] = [
    [
      'nothing',
      undefined,
      { objects: 1, objectBytes: 5000, standardObjects: 1, standardBytes: 5000 },
      {},
    ],
    ['an inline object', object(), { objectBytes: 4990, standardBytes: 4990 }, {}],
    [
      'a chunked object',
      chunked,
      { objectBytes: -4000, standardBytes: -4000 },
      { [dataId(8)]: 'data 9000' },
    ],
    [
      'an infrequently used one in pieces',
      pieces,
      {
        objectBytes: -195_000,
        infrequentObjects: -1,
        infrequentBytes: -200_000,
        standardObjects: 1,
        standardBytes: 5000,
      },
      { [dataSetId(1)]: 'set 0' },
    ],
  ]

  test.each(cases)(
    'in place of %s counts the difference and drops its bytes',
    (_name, current, counted, queued) => {
      const decision = decidePutObject(put(5000), met(current), context)
      expect(countedBy(decision)).toEqual(counted)
      expect(droppedBy(decision)).toEqual(queued)
    },
  )

  test('replaces all metadata, and its row says where the bytes are', () => {
    const decision = decidePutObject(
      put(5000),
      met(object({ acl: 'public-read', userMetadata: [['x', 'y']] })),
      context,
    )
    expect(changesOf(decision)[0]).toEqual({
      row: 'object',
      ...place,
      value: {
        ...metadata,
        type: 'Normal',
        versionSeq: 7n,
        ...plainVersion,
        sizeBytes: 5000,
        etag: 'E',
        crc64: 0n,
        lastModifiedMs: 5000,
        data: { kind: 'chunks', dataId: dataId(1) },
      },
    })
  })

  test('of an inline body writes the row of its version and removes that of the one before', () => {
    const rows = changesOf(decidePutObject(put(4), met(object()), context)).filter(
      ({ row }) => row === 'inline',
    )
    expect(rows).toEqual([
      { row: 'inline', ...place, versionSeq: 3n, value: undefined },
      { row: 'inline', ...place, versionSeq: 7n, value: new Uint8Array(4) },
    ])
  })

  test('that must not overwrite is refused where something is', () => {
    expect(refusalOf(decidePutObject(put(4, true), met(object()), context))).toBe(
      'FileAlreadyExists',
    )
    expect(refusalOf(decidePutObject(put(4, true), met(undefined), context))).toBeUndefined()
  })
})

describe('new metadata', () => {
  const restore = { readyMs: 4000, expiresMs: 9000 }
  const command = (versionSeq: bigint) =>
    ({
      kind: 'replaceMetadata',
      ...place,
      versionSeq: versionSeq as VersionSeq,
      metadata: { ...metadata, storageClass: 'IA' },
      etag: 'F',
    }) as const

  test('keeps data, type and version, and moves the counts to its class', () => {
    const decision = decideReplaceMetadata(command(3n), chunked, context)
    expect(changesOf(decision)[0]).toMatchObject({
      value: { ...chunked, storageClass: 'IA', etag: 'F', lastModifiedMs: 5000 },
    })
    expect(droppedBy(decision)).toEqual({})
    expect(countedBy(decision)).toEqual({
      standardObjects: -1,
      standardBytes: -9000,
      infrequentObjects: 1,
      infrequentBytes: 9000,
    })
  })

  test.each<[StorageClass, RestoreTimes | undefined]>([
    ['Archive', restore],
    ['ColdArchive', undefined],
    ['Standard', undefined],
  ])('of class %s leave an archived object that is restored %j', (storageClass, expected) => {
    const ofClass = { ...command(3n), metadata: { ...metadata, storageClass } }
    const archived = object({ storageClass: 'Archive', restore })
    const decision = decideReplaceMetadata(ofClass, archived, context)
    expect(changesOf(decision)[0]).toMatchObject({ value: { storageClass, restore: expected } })
  })

  test.each<[StorageClass, number | undefined, string | undefined]>([
    ['Archive', undefined, undefined],
    ['ColdArchive', undefined, 'OperationNotSupported'],
    ['DeepColdArchive', undefined, 'OperationNotSupported'],
    ['DeepColdArchive', 4000, undefined],
  ])('of class %s for an object that grows, sealed at %s: %s', (storageClass, sealedMs, code) => {
    const ofClass = { ...command(3n), metadata: { ...metadata, storageClass } }
    const growing = object({ type: 'Appendable', sealedMs })
    expect(refusalOf(decideReplaceMetadata(ofClass, growing, context))).toBe(code)
  })

  test.each([undefined, object({ versionSeq: 4n as VersionSeq })])(
    'for a record that is another one by now is stale',
    (current) => {
      const decision = decideReplaceMetadata(command(3n), current, context)
      expect(decision).toEqual({ changes: [], result: { kind: 'stale' } })
    },
  )
})

describe('a condition on what is replaced', () => {
  const marker = { ...object(), isDeleteMarker: true }
  test.each([
    ['absent', undefined, undefined],
    ['absent', object(), 'PreconditionFailed'],
    ['absent', marker, undefined],
    ['present', object(), undefined],
    ['present', undefined, 'NoSuchKey'],
    ['present', marker, 'NoSuchKey'],
    ['etag', object(), undefined],
    ['etag', { ...object(), etag: 'F' }, 'PreconditionFailed'],
    ['etag', undefined, 'NoSuchKey'],
    ['etag', marker, 'NoSuchKey'],
  ] as const)('%s of %j: %s', (kind, current, expected) => {
    const condition = kind === 'etag' ? { kind, etag: object().etag } : { kind }
    for (const state of ['unset', 'Suspended'] as const) {
      const command = { ...put(1), condition, versions: { state } }
      const decision = decidePutObject(command, met(current), context)
      expect('refused' in decision ? decision.refused.code : undefined).toBe(expected)
    }
  })
})
