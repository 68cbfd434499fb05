import fc from 'fast-check'
import { md5 } from '../base/checksums.ts'
import type { ObjectCommand, RunningStep, StoredBody } from './command.ts'
import {
  body,
  changesOf,
  context,
  dataSetId,
  md5Of,
  piece,
  place,
  refusalOf,
  upload,
} from './decide-fixtures.ts'
import { decideCompleteUpload, decideInitiateUpload, decidePutPart } from './decide-upload.ts'
import type { PieceRecord, RunningHash, UploadRecord } from './object.ts'
import { emptyHash } from './object.ts'

type PutPart = Extract<ObjectCommand, { kind: 'putPart' }>

const uploadId = dataSetId(1)
const hash = (digit: number): RunningHash => ({ md5: md5Of(digit), state: Buffer.of(digit) })
const step = (before: number, after: number): RunningStep => {
  return { before: md5Of(before), after: hash(after) }
}

function putPart(partNumber: number, stored: StoredBody, running?: RunningStep): PutPart {
  return { kind: 'putPart', ...place, uploadId, partNumber, body: stored, running }
}

/** The upload's row after the part. */
function uploadAfter(command: PutPart, there: UploadRecord, before?: PieceRecord): UploadRecord {
  const changes = changesOf(decidePutPart(command, { upload: there, before }, context))
  const change = changes.find(({ row }) => row === 'upload')
  if (change?.row !== 'upload' || change.value === undefined) throw new Error('the upload goes on')
  return change.value
}

describe('of an upload with two parts, whose hash is known, it', () => {
  const two = upload({ isSequential: true, partCount: 2, partBytes: 20, running: hash(2) })
  const same = body(10, 5)
  const there = piece(10, 5)

  test.each<[string, PutPart, PieceRecord | undefined, RunningHash | undefined]>([
    ['goes on with the next part', putPart(3, same, step(2, 3)), undefined, hash(3)],
    ['is given up where the part brings none', putPart(3, same), undefined, undefined],
    ['is given up for one from elsewhere', putPart(3, same, step(1, 3)), undefined, undefined],
    ['stays where a part comes as it was', putPart(2, same), there, hash(2)],
    ['stays where an early part does', putPart(1, same), there, hash(2)],
    ['is not taken on twice', putPart(2, same, step(2, 3)), there, hash(2)],
    ['is given up for other bytes', putPart(2, body(10, 6)), there, undefined],
    ['is given up for other bytes, early', putPart(1, body(10, 6)), there, undefined],
    ['is given up for another length', putPart(2, { ...same, sizeBytes: 9 }), there, undefined],
    ['is given up for another CRC-64', putPart(2, { ...same, crc64: 1n }), there, undefined],
    [
      'is given up for other bytes that have gone on from it',
      putPart(2, body(10, 6), step(2, 3)),
      there,
      undefined,
    ],
  ])('%s', (_name, command, before, expected) => {
    expect(uploadAfter(command, two, before).running).toEqual(expected)
  })

  test.each([2, 3])('does not come back, whatever part %s brings', (partNumber) => {
    const lost = { ...two, running: undefined }
    const before = partNumber === 3 ? undefined : there
    for (const brought of [step(2, 3), undefined]) {
      const command = putPart(partNumber, same, brought)
      expect(uploadAfter(command, lost, before).running).toBeUndefined()
    }
  })
})

test('only sequential uploads begin with one: of no bytes', () => {
  const begun = (isSequential: boolean) => {
    const { metadata } = upload()
    const begin = { kind: 'initiateUpload', ...place, uploadId, metadata } as const
    const command = { ...begin, forbidOverwrite: false, isSequential }
    return changesOf(decideInitiateUpload(command, undefined, context))[0]
  }
  expect(begun(false)).toMatchObject({ value: { running: undefined } })
  expect(begun(true)).toMatchObject({ value: { running: emptyHash } })
  expect(emptyHash.md5).toBe(hexOf(md5(new Uint8Array())))
})

/** Somebody who has looked at the upload and sends a part of it, whenever that arrives. */
interface Sender {
  readonly command: PutPart
  readonly bytes: Buffer
}

/** What senders make of an upload; a state here is all bytes so far. */
class SentUpload {
  upload = upload({ isSequential: true, running: emptyHash })
  readonly pieces = new Map<number, PieceRecord>()
  readonly bytes = new Map<number, Buffer>()

  look(partNumber: number, bytes: Buffer): Sender {
    const { running, partCount } = this.upload
    const comesNext = running !== undefined && partNumber === partCount + 1
    const state = Buffer.concat([running?.state ?? Buffer.of(), bytes])
    const taken = comesNext ? { before: running.md5, after: hashOf(state) } : undefined
    const stored = { ...body(bytes.length), md5: hexOf(md5(bytes)) }
    return { command: putPart(partNumber, stored, taken), bytes }
  }

  /** The part arrives; whether it was taken. */
  arrive({ command, bytes }: Sender): boolean {
    const before = this.pieces.get(command.partNumber)
    const decision = decidePutPart(command, { upload: this.upload, before }, context)
    if (refusalOf(decision) !== undefined) return false
    for (const change of changesOf(decision)) {
      if (change.row === 'upload' && change.value !== undefined) this.upload = change.value
      if (change.row === 'piece' && change.value !== undefined) {
        this.pieces.set(change.index, change.value)
      }
    }
    this.bytes.set(command.partNumber, bytes)
    return true
  }

  whole(): Buffer {
    return Buffer.concat([...this.bytes.values()])
  }

  /** The MD5 that the object of these parts has. */
  completed(numbers: readonly number[]): string | undefined {
    const etagOf = (number: number) => (this.pieces.get(number)?.md5 ?? '').toUpperCase()
    const parts = numbers.map((number) => ({ partNumber: number, etag: etagOf(number) }))
    const command = { kind: 'completeUpload', ...place, uploadId, parts } as const
    const pieces = [...this.pieces].map(([partNumber, there]) => ({
      partNumber,
      piece: { ...there, sizeBytes: 100 * 1024 },
    }))
    const met = { current: undefined, currentParts: undefined, olderNull: undefined }
    const decision = decideCompleteUpload(
      {
        ...command,
        ...{ forbidOverwrite: false, condition: undefined, acl: undefined },
        versions: { state: 'unset' },
      },
      { ...met, upload: this.upload, parts: pieces },
      context,
    )
    const [made] = changesOf(decision)
    return made?.row === 'object' ? made.value?.contentMd5 : undefined
  }
}

function hashOf(bytes: Buffer): RunningHash {
  return { md5: hexOf(md5(bytes)), state: bytes }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

test('however senders overlap, a hash that is known is that of the parts that are there', () => {
  // Each looks when it is its turn, and its part arrives some turns later.
  const sending = fc.record({
    ahead: fc.integer({ min: -1, max: 1 }),
    bytes: fc.constantFrom('a', 'a', 'a', 'b').map((text) => Buffer.from(text)),
    delay: fc.constantFrom(0, 0, 0, 1, 3),
  })
  let knownCount = 0
  fc.assert(
    fc.property(fc.array(sending, { maxLength: 12 }), (sendings) => {
      const sent = new SentUpload()
      const arrivals: Sender[][] = Array.from({ length: sendings.length + 4 }, () => [])
      for (const [at, turn] of arrivals.entries()) {
        const mine = sendings[at]
        if (mine !== undefined) {
          const partNumber = Math.max(1, sent.upload.partCount + mine.ahead)
          arrivals[at + mine.delay]?.push(sent.look(partNumber, mine.bytes))
        }
        for (const sender of turn) {
          sent.arrive(sender)
          const { running } = sent.upload
          if (running === undefined) continue
          expect(running).toEqual(hashOf(sent.whole()))
          knownCount++
        }
      }
      const numbers = [...sent.pieces.keys()]
      if (numbers.length === 0) return
      expect(sent.completed(numbers)).toBe(sent.upload.running?.md5)
      if (numbers.length > 1) expect(sent.completed(numbers.slice(1))).toBeUndefined()
    }),
    { numRuns: 300 },
  )
  expect(knownCount).toBeGreaterThan(100)
})
