import { md5 } from '../base/checksums.ts'
import {
  body,
  changesOf,
  context,
  countedBy,
  dataId,
  dataSetId,
  droppedBy,
  md5Of,
  metadata,
  object,
  piece,
  place,
  refusalOf,
  upload,
} from './decide-fixtures.ts'
import {
  decideAbortUpload,
  decideCompleteUpload,
  decideInitiateUpload,
  decidePutPart,
} from './decide-upload.ts'
import type { NumberedPart } from './decide-upload.ts'
import { PART_SIZE_BYTES_MAX, PART_SIZE_BYTES_MIN } from './limits.ts'
import type { ListedPart } from './command.ts'

const ID = dataSetId(1)
const PART_BYTES = PART_SIZE_BYTES_MIN

/** So many parts of the largest size. */
function sizes(count: number): number[] {
  return Array.from({ length: count }, () => PART_SIZE_BYTES_MAX)
}

/** Parts 1, 2, ... of these sizes; the MD5 of each is its number, sixteen times. */
function parts(...sizesBytes: number[]): NumberedPart[] {
  return sizesBytes.map((sizeBytes, at) => ({
    partNumber: at + 1,
    piece: piece(sizeBytes, at + 1),
  }))
}

function listed(...numbers: number[]): ListedPart[] {
  return numbers.map((partNumber) => ({ partNumber, etag: md5Of(partNumber).toUpperCase() }))
}

function complete(list: readonly ListedPart[] | undefined, forbidOverwrite = false) {
  const command = { kind: 'completeUpload', ...place, uploadId: ID, parts: list } as const
  const versions = { state: 'unset' } as const
  return { ...command, forbidOverwrite, condition: undefined, acl: undefined, versions }
}

/** No null version lies behind the current one. */
const olderNull = undefined
const three = parts(PART_BYTES, PART_BYTES, 10)
const counted = upload({ partCount: 3, partBytes: 2 * PART_BYTES + 10 })

describe('a completion is refused', () => {
  const cases: readonly [
    string,
    readonly ListedPart[] | undefined,
    NumberedPart[],
    string | undefined,
  ][] = [
    ['not when all is well', listed(1, 2, 3), three, undefined],
    ['not with some of the parts', listed(2, 3), three, undefined],
    ['not with all there are', undefined, three, undefined],
    ['with parts out of order', listed(2, 1), three, 'InvalidPartOrder'],
    ['with a part given twice', listed(1, 1), three, 'InvalidPartOrder'],
    ['with a part that is not there', listed(1, 4), three, 'InvalidPart'],
    ['with another ETag', [{ partNumber: 1, etag: md5Of(2).toUpperCase() }], three, 'InvalidPart'],
    ['with an empty list', [], three, 'MalformedXML'],
    ['not with an empty list where there are none', [], [], undefined],
    ['with all there are, which are none', undefined, [], 'InvalidPart'],
    [
      'with a small part before the last',
      listed(1, 3),
      parts(PART_BYTES - 1, 1, 5),
      'EntityTooSmall',
    ],
    [
      'not with the smallest part before the last',
      listed(1, 3),
      parts(PART_BYTES, 1, 5),
      undefined,
    ],
    ['with what comes to too much', undefined, parts(...sizes(9995)), 'EntityTooLarge'],
    ['not with what comes to just enough', undefined, parts(...sizes(9994)), undefined],
  ]

  test.each(cases)('%s', (_name, list, there, code) => {
    const rows = {
      olderNull,
      upload: upload(),
      current: undefined,
      currentParts: undefined,
      parts: there,
    }
    expect(refusalOf(decideCompleteUpload(complete(list), rows, context))).toBe(code)
  })

  test.each([
    [true, false],
    [false, true],
  ])('where something is, when either request forbade it (%s, %s)', (atStart, atEnd) => {
    const begun = upload({ forbidOverwrite: atStart })
    const rows = {
      olderNull,
      upload: begun,
      current: object(),
      currentParts: undefined,
      parts: three,
    }
    const decision = decideCompleteUpload(complete(undefined, atEnd), rows, context)
    expect(refusalOf(decision)).toBe('FileAlreadyExists')
  })
})

describe('a completion', () => {
  const current = object({ sizeBytes: 9000, data: { kind: 'chunks', dataId: dataId(9) } })
  const rows = { olderNull, upload: counted, current, currentParts: undefined, parts: three }
  const decision = decideCompleteUpload(complete(listed(1, 3)), rows, context)

  test('makes an object of the listed parts without moving them', () => {
    const [made] = changesOf(decision)
    expect(made).toMatchObject({
      row: 'object',
      value: {
        ...metadata,
        type: 'Multipart',
        sizeBytes: PART_BYTES + 10,
        data: { dataSetId: ID, pieceCount: 2 },
      },
    })
    const ofParts = Buffer.concat([Buffer.alloc(16, 0x11), Buffer.alloc(16, 0x33)])
    const etag = `${Buffer.from(md5(ofParts)).toString('hex').toUpperCase()}-2`
    expect(made).toMatchObject({ value: { etag } })
  })

  test('gives the object the ACL that it names, or else that of the upload', () => {
    const withAcl = { ...complete(listed(1, 3)), acl: 'private' } as const
    const [made] = changesOf(decideCompleteUpload(withAcl, rows, context))
    expect(made).toMatchObject({ value: { acl: 'private' } })
    expect(changesOf(decision)[0]).toMatchObject({ value: { acl: metadata.acl } })
  })

  test('drops what it replaces and what was not listed, and counts both', () => {
    expect(droppedBy(decision)).toEqual({
      [dataId(9)]: 'data 9000',
      [dataId(2)]: `data ${PART_BYTES}`,
    })
    expect(changesOf(decision)).toContainEqual({
      row: 'piece',
      ...place,
      dataSetId: ID,
      index: 2,
      value: undefined,
    })
    expect(countedBy(decision)).toEqual({
      objectBytes: PART_BYTES + 10 - 9000,
      standardBytes: PART_BYTES + 10 - 9000,
      uploads: -1,
      parts: -3,
      partBytes: -(2 * PART_BYTES + 10),
    })
  })

  test('that is repeated is answered with the object it made, as long as that is current', () => {
    const change = changesOf(decision).find(({ row }) => row === 'partList')
    if (change?.row !== 'partList') throw new Error('there is a part list')
    const made = object({ type: 'Multipart' })
    const again = {
      olderNull,
      upload: undefined,
      current: made,
      currentParts: change.value,
      parts: [],
    }
    const answered = { changes: [], result: { kind: 'object', record: made } }
    expect(decideCompleteUpload(complete(listed(1, 3)), again, context)).toEqual(answered)
    expect(decideCompleteUpload(complete(undefined), again, context)).toEqual(answered)
    expect(refusalOf(decideCompleteUpload(complete(listed(1, 2)), again, context))).toBe(
      'NoSuchUpload',
    )
    const other = { ...again, currentParts: undefined }
    expect(refusalOf(decideCompleteUpload(complete(listed(1, 3)), other, context))).toBe(
      'NoSuchUpload',
    )
  })
})

describe('a part', () => {
  const put = (sizeBytes: number) =>
    ({
      ...({ kind: 'putPart', ...place, uploadId: ID, partNumber: 2 } as const),
      ...{ body: body(sizeBytes, 5), running: undefined },
    }) as const

  test('of an upload that is not there is refused', () => {
    const rows = { olderNull, upload: undefined, before: undefined }
    expect(decidePutPart(put(5), rows, context)).toMatchObject({
      refused: { code: 'NoSuchUpload', ec: '0042-00000104' },
    })
  })

  test.each([
    ['arrives in its turn', 1, undefined, undefined],
    ['comes too early', 0, undefined, 'PartNotSequential'],
    ['comes when a later one is there', 3, undefined, 'PartNotSequential'],
    ['is sent again', 3, piece(7000, 4), undefined],
  ])('of a sequential upload %s', (_name, partCount, before, code) => {
    const rows = { upload: upload({ isSequential: true, partCount }), before }
    expect(refusalOf(decidePutPart(put(5), rows, context))).toBe(code)
  })

  test('is counted, and so is the difference when it is sent again', () => {
    const first = decidePutPart(put(6000), { upload: upload(), before: undefined }, context)
    expect(countedBy(first)).toEqual({ parts: 1, partBytes: 6000 })
    const rows = {
      olderNull,
      upload: upload({ partCount: 1, partBytes: 7000 }),
      before: piece(7000, 4),
    }
    const again = decidePutPart(put(6000), rows, context)
    expect(countedBy(again)).toEqual({ partBytes: -1000 })
    expect(droppedBy(again)).toEqual({ [dataId(4)]: 'data 7000' })
    expect(changesOf(again)[1]).toMatchObject({ value: { partCount: 1, partBytes: 6000 } })
  })
})

test('an upload begins without a name being taken, unless it must not overwrite', () => {
  const initiate = (forbidOverwrite: boolean) => ({
    ...({ kind: 'initiateUpload', ...place, uploadId: ID, metadata } as const),
    ...{ forbidOverwrite, isSequential: true },
  })
  const decision = decideInitiateUpload(initiate(false), object(), context)
  expect(changesOf(decision).map(({ row }) => row)).toEqual(['upload', 'counters'])
  expect(changesOf(decision)[0]).toMatchObject({ value: { isSequential: true, partCount: 0 } })
  expect(countedBy(decision)).toEqual({ uploads: 1 })
  expect(refusalOf(decideInitiateUpload(initiate(true), object(), context))).toBe(
    'FileAlreadyExists',
  )
})

test('an abort drops the whole set and what it counted', () => {
  const abort = { kind: 'abortUpload', ...place, uploadId: ID } as const
  const decision = decideAbortUpload(abort, counted, context)
  expect(droppedBy(decision)).toEqual({ [ID]: 'set 0' })
  expect(countedBy(decision)).toEqual({ uploads: -1, parts: -3, partBytes: -(2 * PART_BYTES + 10) })
  expect(refusalOf(decideAbortUpload(abort, undefined, context))).toBe('NoSuchUpload')
})
