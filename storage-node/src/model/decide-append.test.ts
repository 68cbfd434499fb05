import { decideAppend } from './decide-append.ts'
import {
  body,
  changesOf,
  context,
  countedBy,
  dataId,
  dataSetId,
  droppedBy,
  metadata,
  object,
  piece,
  place,
  refusalOf,
} from './decide-fixtures.ts'
import { APPEND_SIZE_BYTES_MAX } from './limits.ts'
import type { ObjectRecord, PieceRecord, StorageClass } from './object.ts'

const SET = dataSetId(1)

function append(position: number, sizeBytes: number, forbidOverwrite = false) {
  return {
    kind: 'appendObject',
    ...place,
    position,
    metadata,
    body: body(sizeBytes),
    etag: 'E',
    dataSetId: dataSetId(2),
    forbidOverwrite,
  } as const
}

function appendable(sizeBytes: number, pieceCount: number): ObjectRecord {
  const data = { kind: 'pieces', dataSetId: SET, pieceCount } as const
  return object({ type: 'Appendable', sizeBytes, data })
}

describe('an append is refused', () => {
  const none = undefined
  const cases: readonly [
    string,
    ReturnType<typeof append>,
    ObjectRecord | undefined,
    string | undefined,
  ][] = [
    ['at 1 of nothing', append(1, 5), none, 'PositionNotEqualToLength'],
    ['not at 0 of nothing', append(0, 5), none, undefined],
    ['at 0 of 10 bytes', append(0, 5), appendable(10, 1), 'PositionNotEqualToLength'],
    ['not at the end', append(10, 5), appendable(10, 1), undefined],
    ['to a normal object', append(10, 5), object(), 'ObjectNotAppendable'],
    ['to a multipart object', append(10, 5), object({ type: 'Multipart' }), 'ObjectNotAppendable'],
    [
      'beyond the largest size',
      append(APPEND_SIZE_BYTES_MAX, 1),
      appendable(APPEND_SIZE_BYTES_MAX, 1),
      'EntityTooLarge',
    ],
    [
      'not up to the largest size',
      append(APPEND_SIZE_BYTES_MAX - 1, 1),
      appendable(APPEND_SIZE_BYTES_MAX - 1, 1),
      undefined,
    ],
    [
      'at 0 of an empty one that must not be overwritten',
      append(0, 5, true),
      appendable(0, 0),
      'FileAlreadyExists',
    ],
    ['not later on', append(10, 5, true), appendable(10, 1), undefined],
  ]

  test.each(cases)('%s', (_name, command, current, code) => {
    expect(refusalOf(decideAppend(command, { current, lastPiece: undefined }, context))).toBe(code)
  })

  test.each<[StorageClass, string | undefined]>([
    ['Archive', undefined],
    ['ColdArchive', 'OperationNotSupported'],
    ['DeepColdArchive', 'OperationNotSupported'],
  ])('of class %s where it is the first: %s', (storageClass, code) => {
    const command = { ...append(0, 5), metadata: { ...metadata, storageClass } }
    const rows = { current: none, lastPiece: undefined }
    expect(refusalOf(decideAppend(command, rows, context))).toBe(code)
    const later = { ...command, position: 10 }
    const grown = decideAppend(later, { ...rows, current: appendable(10, 1) }, context)
    expect(refusalOf(grown)).toBeUndefined()
  })

  test('with the position that would be right', () => {
    const decision = decideAppend(
      append(3, 5),
      { current: appendable(10, 1), lastPiece: undefined },
      context,
    )
    expect(decision).toMatchObject({ refused: { headers: { 'x-oss-next-append-position': '10' } } })
  })
})

describe('an append adds', () => {
  const cases: readonly [
    string,
    number,
    PieceRecord | undefined,
    { index: number; sizeBytes: number; pieceCount: number },
  ][] = [
    ['a piece behind a chunked one', 10, piece(5000), { index: 1, sizeBytes: 10, pieceCount: 2 }],
    [
      'to a piece while both stay inline',
      96,
      piece(4000),
      { index: 0, sizeBytes: 4096, pieceCount: 1 },
    ],
    ['a piece where both would not', 97, piece(4000), { index: 1, sizeBytes: 97, pieceCount: 2 }],
    [
      'a chunked piece behind an inline one',
      5000,
      piece(10),
      { index: 1, sizeBytes: 5000, pieceCount: 2 },
    ],
  ]

  test.each(cases)('%s', (_name, sizeBytes, lastPiece, expected) => {
    const current = appendable(lastPiece?.sizeBytes ?? 0, 1)
    const decision = decideAppend(
      append(current.sizeBytes, sizeBytes),
      { current, lastPiece },
      context,
    )
    const changes = changesOf(decision)
    const { index, pieceCount } = expected
    expect(changes).toContainEqual(
      expect.objectContaining({
        row: 'piece',
        dataSetId: SET,
        index,
        value: expect.objectContaining({ sizeBytes: expected.sizeBytes }) as unknown,
      }),
    )
    expect(changes[0]).toMatchObject({
      value: {
        sizeBytes: current.sizeBytes + sizeBytes,
        versionSeq: 3n,
        data: { dataSetId: SET, pieceCount },
      },
    })
    expect(countedBy(decision)).toEqual({ objectBytes: sizeBytes, standardBytes: sizeBytes })
    expect(droppedBy(decision)).toEqual({})
  })
})

test('the first append makes the object, with the metadata it brings', () => {
  const decision = decideAppend(
    append(0, 5000),
    { current: undefined, lastPiece: undefined },
    context,
  )
  expect(changesOf(decision)[0]).toMatchObject({
    value: { ...metadata, type: 'Appendable', data: { dataSetId: dataSetId(2), pieceCount: 1 } },
  })
  expect(changesOf(decision)).toContainEqual(
    expect.objectContaining({
      index: 0,
      value: expect.objectContaining({
        offset: 0,
        data: { kind: 'chunks', dataId: dataId(1) },
      }) as unknown,
    }),
  )
  expect(countedBy(decision)).toEqual({
    objects: 1,
    objectBytes: 5000,
    standardObjects: 1,
    standardBytes: 5000,
  })
})

test('an append of nothing makes an empty object, or changes nothing', () => {
  const made = decideAppend(append(0, 0), { current: undefined, lastPiece: undefined }, context)
  expect(changesOf(made).map(({ row }) => row)).toEqual(['object', 'counters'])
  const current = appendable(10, 1)
  const repeated = decideAppend(append(10, 0), { current, lastPiece: piece(10) }, context)
  expect(repeated).toEqual({ changes: [], result: { kind: 'object', record: current } })
})
