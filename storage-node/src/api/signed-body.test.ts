import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { OssError } from '../model/errors.ts'
import type { TakePiece } from '../services/body.ts'
import type { ChunkSigner } from '../wire/s3/chunk-signer.ts'
import { EMPTY_SHA256, readPayload } from '../wire/s3/payload.ts'
import type { BodyFraming, RequestBodySource } from './http-message.ts'
import { signedBody } from './signed-body.ts'

const HELLO_SHA256 = createHash('sha256').update('hello').digest('hex')
const HELLO_CRC32 = base64Crc32('hello')
const FRAMED = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

function base64Crc32(text: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64')
}

/** A body that arrives in pieces. */
function arriving(pieces: readonly string[], framing: BodyFraming = 'length'): RequestBodySource {
  return {
    framing,
    lengthBytes: pieces.join('').length,
    givesPiecesAway: true,
    async read(take) {
      for (const piece of pieces) await take(Buffer.from(piece))
    },
  }
}

function neverSigned(): ChunkSigner {
  throw new OssError('InvalidRequest')
}

interface Sent {
  readonly pieces: readonly string[]
  readonly headers: Record<string, string>
  readonly payload?: string
  readonly framing?: BodyFraming
  readonly method?: string
  readonly query?: string
}

function open({ pieces, headers, payload = 'UNSIGNED-PAYLOAD', ...rest }: Sent): RequestBodySource {
  const { framing, method = 'PUT', query } = rest
  const pairs = query === undefined ? [] : [{ name: query, value: 'x', hasEquals: true }]
  const head = { method, query: pairs, headers }
  return signedBody(arriving(pieces, framing), head, readPayload(payload), neverSigned)
}

/** What is read, or the code of what the body gets. */
async function read(sent: Sent, take?: TakePiece): Promise<string> {
  const pieces: Uint8Array[] = []
  try {
    const body = open(sent)
    await body.read((piece) => {
      pieces.push(piece)
      return take?.(piece)
    })
  } catch (error) {
    return error instanceof OssError ? error.code : String(error)
  }
  return Buffer.concat(pieces).toString()
}

const pieces = ['he', '', 'llo']

test.each<[string, Partial<Sent>, string]>([
  ['unsigned', {}, 'hello'],
  ['with its hash', { payload: HELLO_SHA256 }, 'hello'],
  ['with another hash', { payload: EMPTY_SHA256 }, 'XAmzContentSHA256Mismatch'],
  ['with its CRC-32', { headers: { 'x-amz-checksum-crc32': HELLO_CRC32 } }, 'hello'],
  ['with another CRC-32', { headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }, 'BadDigest'],
  ['with half a CRC-32', { headers: { 'x-amz-checksum-crc32': 'AAA=' } }, 'InvalidRequest'],
  [
    'with a CRC-32 that is no base64',
    { headers: { 'x-amz-checksum-crc32': '????' } },
    'InvalidRequest',
  ],
  ['with its CRC-32C', { headers: { 'x-amz-checksum-crc32c': 'mnG7TA==' } }, 'hello'],
  ['with its CRC-64', { headers: { 'x-amz-checksum-crc64nvme': 'M3eFcAZSQlc=' } }, 'hello'],
  [
    'with its SHA-1',
    { headers: { 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' } },
    'hello',
  ],
  [
    'with two checksums',
    { headers: { 'x-amz-checksum-crc32': HELLO_CRC32, 'x-amz-checksum-sha1': '' } },
    'InvalidRequest',
  ],
])('a body %s is answered: %s', async (_what, sent, answer) => {
  expect(await read({ pieces, headers: {}, ...sent })).toBe(answer)
})

test('a body that nothing vouches for is read as it arrives', () => {
  const source = arriving(pieces)
  const head = { method: 'PUT', query: [], headers: {} }
  expect(signedBody(source, head, readPayload('UNSIGNED-PAYLOAD'), neverSigned)).toBe(source)
  const empty = arriving([])
  expect(signedBody(empty, head, readPayload(EMPTY_SHA256), neverSigned)).toBe(empty)
})

test('the hash of a body of nothing is looked at, too', async () => {
  expect(await read({ pieces: [], headers: {}, payload: HELLO_SHA256 })).toBe(
    'XAmzContentSHA256Mismatch',
  )
})

test('the checksum of an object is not that of its list of parts', async () => {
  const headers = { 'x-amz-checksum-crc32': 'AAAAAA==' }
  expect(await read({ pieces, headers, method: 'POST', query: 'uploadId' })).toBe('hello')
  expect(await read({ pieces, headers, method: 'PUT', query: 'uploadId' })).toBe('BadDigest')
})

const frames = ['2\r\nhe\r\n3', '\r\nllo\r\n0\r\n', `x-amz-checksum-crc32:${HELLO_CRC32}\r\n\r\n`]
const announced = { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' }

test('what arrived is freed with the last of its pieces, unless it lies among other bytes', async () => {
  const framed = `1000\r\n${'a'.repeat(4096)}\r\n1000\r\n${'b'.repeat(4096)}\r\n0\r\n`
  const behind = 'x-amz-checksum-crc32:AAAAAA==\r\n\r\n'
  for (const [isAlone, left] of [
    [true, [4096, 0]],
    [false, [4096, 4096]],
  ] as const) {
    const room = Buffer.from(new ArrayBuffer(framed.length + (isAlone ? 0 : 1)), 0, framed.length)
    room.write(framed, 'latin1')
    const source: RequestBodySource = {
      ...arriving([framed]),
      async read(take) {
        await take(room)
        await take(Buffer.from(behind))
      },
    }
    const headers = { ...announced, 'x-amz-decoded-content-length': '8192' }
    const body = signedBody(
      source,
      { method: 'PUT', query: [], headers },
      readPayload(FRAMED),
      neverSigned,
    )
    const taken: Uint8Array[] = []
    const reading = body.read((piece) => void taken.push(piece))
    await expect(reading).rejects.toMatchObject({ code: 'BadDigest' })
    const [first, second] = taken
    const told = [first, second].map((piece) => {
      if (piece !== undefined) body.release?.(piece)
      return first?.byteLength
    })
    expect(told).toEqual(left)
    expect(second?.byteLength).toBe(left[1])
  }
})

test('frames are taken away, in step with whoever is slower', async () => {
  const sent = { pieces: frames, headers: announced, payload: FRAMED }
  expect(await read(sent)).toBe('hello')
  let isTaking = false
  const slowly: TakePiece = async () => {
    expect(isTaking).toBe(false)
    isTaking = true
    await Promise.resolve()
    isTaking = false
  }
  expect(await read({ ...sent, pieces: [frames.join('')] }, slowly)).toBe('hello')
  expect(open(sent)).toMatchObject({ lengthBytes: 5, framing: 'length', givesPiecesAway: false })
})

test.each<[string, Partial<Sent>, string]>([
  [
    'its length is not announced',
    { headers: { 'x-amz-trailer': 'x-amz-checksum-crc32' } },
    'MissingContentLength',
  ],
  [
    'its length is no number',
    { headers: { ...announced, 'x-amz-decoded-content-length': '-5' } },
    'InvalidArgument',
  ],
  [
    'it is shorter',
    { headers: { ...announced, 'x-amz-decoded-content-length': '6' } },
    'IncompleteBody',
  ],
  [
    'it is longer',
    { headers: { ...announced, 'x-amz-decoded-content-length': '4' } },
    'IncompleteBody',
  ],
  [
    'its checksum is another',
    { pieces: [...frames.slice(0, 2), 'x-amz-checksum-crc32:AAAAAA==\r\n\r\n'] },
    'BadDigest',
  ],
  [
    'its checksum is none',
    { pieces: [...frames.slice(0, 2), 'x-amz-checksum-crc32:a\r\n\r\n'] },
    'InvalidRequest',
  ],
  [
    'another header is announced',
    { headers: { ...announced, 'x-amz-trailer': 'a' } },
    'InvalidRequest',
  ],
  [
    'two checksums are announced',
    { headers: { ...announced, 'x-amz-trailer': 'x-amz-checksum-crc32,x-amz-checksum-sha1' } },
    'InvalidRequest',
  ],
  [
    'there is one in the head already',
    { headers: { ...announced, 'x-amz-checksum-crc32': HELLO_CRC32 } },
    'InvalidRequest',
  ],
  [
    'its pieces were to be signed, and nobody signed',
    { payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    'InvalidRequest',
  ],
  ['it ends too early', { pieces: frames.slice(0, 2) }, 'IncompleteBody'],
])('a framed body is refused when %s', async (_what, sent, code) => {
  expect(await read({ pieces: frames, headers: announced, payload: FRAMED, ...sent })).toBe(code)
})
