import fc from 'fast-check'
import { s3Signing, scopeText, signingKeyV4 } from '../signing-key-v4.ts'
import { SectionDigest } from '../../base/section-digest.ts'
import { ChunkDecoder } from './chunk-decoder.ts'
import { ChunkSigner } from './chunk-signer.ts'

// The example of the S3 reference, whose signatures are published there.
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const TIMESTAMP = '20130524T000000Z'
const SCOPE = { date: '20130524', region: 'us-east-1', product: 's3' }
const SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
const SIGNATURES = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
]
const TRAILER_SEED = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
const TRAILER_SIGNATURES = [
  'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
  '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
  '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
]
const TRAILER_SIGNATURE = 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435'
const LENGTH_BYTES = 66_560
const DATA = 'a'.repeat(LENGTH_BYTES)
const CRC = 'x-amz-checksum-crc32c'

function signer(seed: string): ChunkSigner {
  const key = signingKeyV4(SECRET, SCOPE, s3Signing)
  return new ChunkSigner({ key, timestamp: TIMESTAMP, scope: scopeText(SCOPE, s3Signing) }, seed)
}

function framed([first = '', second = '', last = '']: readonly string[]): string {
  const [large, small] = [DATA.slice(0, 65_536), DATA.slice(65_536)]
  return `10000;chunk-signature=${first}\r\n${large}\r\n400;chunk-signature=${second}\r\n${small}\r\n0;chunk-signature=${last}\r\n`
}

const SIGNED = `${framed(SIGNATURES)}\r\n`
const SIGNED_WITH_TRAILER = `${framed(TRAILER_SIGNATURES)}${CRC}:sOO8/Q==\r\nx-amz-trailer-signature:${TRAILER_SIGNATURE}\r\n\r\n`
const PLAIN = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n'

function openSigned(): ChunkDecoder {
  const framing = { lengthBytes: LENGTH_BYTES, hasTrailer: false, trailerName: undefined }
  return new ChunkDecoder({ ...framing, signer: signer(SEED) })
}

function openWithTrailer(): ChunkDecoder {
  const framing = { lengthBytes: LENGTH_BYTES, hasTrailer: true, trailerName: CRC }
  return new ChunkDecoder({ ...framing, signer: signer(TRAILER_SEED) })
}

function openPlain(): ChunkDecoder {
  const framing = { lengthBytes: 5, hasTrailer: true, trailerName: CRC }
  return new ChunkDecoder({ ...framing, signer: undefined })
}

/** The data of a body, or the code of what it gets; cut at these places. */
function decode(decoder: ChunkDecoder, body: string, cuts: readonly number[] = []): unknown {
  const bytes = Buffer.from(body, 'latin1')
  const places = [0, ...cuts.map((cut) => cut % bytes.byteLength), bytes.byteLength]
  places.sort((a, b) => a - b)
  const data: Uint8Array[] = []
  try {
    places.forEach((from, at) => data.push(...decoder.push(bytes.subarray(from, places[at + 1]))))
    const trailer = decoder.finish()
    return [Buffer.concat(data).toString('latin1'), trailer]
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

test('the published signed bodies are decoded, however they are cut', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 })
  fc.assert(
    fc.property(cuts, (places) => {
      expect(decode(openSigned(), SIGNED, places)).toEqual([DATA, undefined])
      expect(decode(openWithTrailer(), SIGNED_WITH_TRAILER, places)).toEqual([DATA, 'sOO8/Q=='])
      expect(decode(openPlain(), PLAIN, places)).toEqual(['hello', 'AAAAAA=='])
    }),
    { numRuns: 15 },
  )
})

/** The same where somebody else hashes, as often as so many bytes have come. */
function decodeDeferred(decoder: ChunkDecoder, body: string, slabBytes: number): unknown {
  const [sections, digest] = [decoder.defer(), new SectionDigest()]
  let [data, hashedBytes] = [Buffer.alloc(0), 0]
  const hash = (upTo: number) => {
    const marks = sections?.takeMarks(upTo).map((mark) => mark - hashedBytes) ?? []
    sections?.verify(digest.update(data.subarray(hashedBytes, upTo), marks))
    hashedBytes = upTo
  }
  try {
    data = Buffer.concat(decoder.push(Buffer.from(body, 'latin1')))
    for (let upTo = slabBytes; upTo < data.byteLength; upTo += slabBytes) hash(upTo)
    const trailer = decoder.finish()
    hash(data.byteLength)
    sections?.finish()
    return [data.toString('latin1'), trailer]
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

test.each([1000, 65_536, 65_537, 1_000_000])(
  'pieces that somebody else hashes, %i bytes at a time, have to have their signatures',
  (slabBytes) => {
    const deferred = (body: string) => decodeDeferred(openWithTrailer(), body, slabBytes)
    expect(deferred(SIGNED_WITH_TRAILER)).toEqual([DATA, 'sOO8/Q=='])
    const [, second = '', last = ''] = TRAILER_SIGNATURES
    const other = 'f'.repeat(64)
    for (const [from, to] of [
      ['\r\naaaa', '\r\naaab'],
      ['a\r\n400', 'b\r\n400'],
      ['a\r\n0;', 'b\r\n0;'],
      [TRAILER_SIGNATURES[0] ?? '', other],
      [second, other],
      [last, other],
      [TRAILER_SIGNATURE, other],
    ] as const) {
      const changed = SIGNED_WITH_TRAILER.replace(from, to)
      expect(changed).not.toBe(SIGNED_WITH_TRAILER)
      expect(deferred(changed)).toBe('SignatureDoesNotMatch')
    }
  },
)

test('a section that nobody has verified is a mistake of ours', () => {
  const decoder = openSigned()
  const sections = decoder.defer()
  decoder.push(Buffer.from(SIGNED, 'latin1'))
  expect(() => sections?.finish()).toThrow('verified')
  expect(openPlain().defer()).toBeUndefined()
})

test('data is handed on without a copy', () => {
  const piece = Buffer.from(PLAIN)
  const [data] = openPlain().push(piece)
  expect(data?.buffer).toBe(piece.buffer)
})

test('a signed body of which any byte was changed is refused', () => {
  const interesting = fc.oneof(
    fc.nat(95),
    fc.integer({ min: 100, max: 65_000 }),
    fc.integer({ min: 65_536, max: SIGNED_WITH_TRAILER.length - 1 }),
  )
  fc.assert(
    fc.property(interesting, fc.integer({ min: 1, max: 255 }), (at, change) => {
      const byte = SIGNED_WITH_TRAILER.charCodeAt(at) ^ change
      const body = `${SIGNED_WITH_TRAILER.slice(0, at)}${String.fromCharCode(byte)}${SIGNED_WITH_TRAILER.slice(at + 1)}`
      const outcome = decode(openWithTrailer(), body)
      // Letters of the size and of names, and blanks behind them, may be written in more than one way.
      if (Array.isArray(outcome)) expect(outcome).toEqual([DATA, 'sOO8/Q=='])
      else expect(typeof outcome).toBe('string')
    }),
    { numRuns: 40 },
  )
})

const [first = '', second = '', last = ''] = SIGNATURES

test.each([
  ['two chunks that changed places', framed([second, first, last]), 'SignatureDoesNotMatch'],
  [
    'a chunk with the signature of the one before',
    framed([first, first, last]),
    'SignatureDoesNotMatch',
  ],
  [
    'an end with a wrong signature',
    framed([first, second, '0'.repeat(64)]),
    'SignatureDoesNotMatch',
  ],
  ['a chunk without signature', `400\r\n${'a'.repeat(1024)}\r\n`, 'InvalidChunkSizeError'],
  ['an end too early', `0;chunk-signature=${last}\r\n\r\n`, 'SignatureDoesNotMatch'],
  ['something behind the end', `${SIGNED}x\n`, 'MalformedTrailerError'],
  ['a trailer that was not announced', `${framed(SIGNATURES)}a:b\r\n\r\n`, 'MalformedTrailerError'],
  ['no end', SIGNED.slice(0, -92), 'IncompleteBody'],
  ['nothing', '', 'IncompleteBody'],
])('%s is refused: %s', (_what, body, code) => {
  expect(decode(openSigned(), body)).toBe(code)
})

test('one client has an empty line before the signature of its trailer, another one at the end', () => {
  const trailer = `${CRC}:sOO8/Q==\n\r\nx-amz-trailer-signature:${TRAILER_SIGNATURE}\r\n\r\n`
  const body = `${framed(TRAILER_SIGNATURES)}${trailer}`
  expect(decode(openWithTrailer(), body)).toEqual([DATA, 'sOO8/Q=='])
  expect(decode(openWithTrailer(), body.slice(0, -90))).toBe('IncompleteBody')
  expect(decode(openPlain(), `${PLAIN}\r\n`)).toEqual(['hello', 'AAAAAA=='])
  expect(decode(openPlain(), `${PLAIN}\r\n0`)).toBe('MalformedTrailerError')
})

test('the last empty line may be missing where nothing can follow', () => {
  expect(decode(openSigned(), framed(SIGNATURES))).toEqual([DATA, undefined])
  expect(decode(openWithTrailer(), framed(TRAILER_SIGNATURES))).toBe('IncompleteBody')
})

test.each([
  ['6\r\nhello!\r\n0\r\n\r\n', 'IncompleteBody'],
  ['4\r\nhell\r\n0\r\nx-amz-checksum-crc32c:a\r\n\r\n', 'IncompleteBody'],
  ['5\r\nhello\r\n0\r\n\r\n', 'MalformedTrailerError'],
  ['5\r\nhello\r\n0\r\nx-amz-meta-a:a\r\n\r\n', 'MalformedTrailerError'],
  ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32c\r\n\r\n', 'MalformedTrailerError'],
  [
    '5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:a\r\nx-amz-checksum-crc32c:a\r\n\r\n',
    'MalformedTrailerError',
  ],
  ['5\r\nhello\r\n0\r\nx-amz-trailer-signature:a\r\n\r\n', 'MalformedTrailerError'],
  [`5\r\nhello\r\n0\r\n${'x'.repeat(300)}`, 'MalformedTrailerError'],
  ['5\r\nhello', 'IncompleteBody'],
  ['5\r\nhelloX\r\n', 'InvalidChunkSizeError'],
  ['5\r\nhello0\r\n\r\n', 'InvalidChunkSizeError'],
  ['-5\r\nhello\r\n', 'InvalidChunkSizeError'],
  ['0x5\r\nhello\r\n', 'InvalidChunkSizeError'],
  ['\r\n', 'InvalidChunkSizeError'],
  ['ffffffffffffffff\r\n', 'IncompleteBody'],
  ['fffffffffffffffff\r\n', 'InvalidChunkSizeError'],
  ['5;chunk-extension=1\r\nhello\r\n', 'InvalidChunkSizeError'],
  [`5;chunk-signature=${first}\r\nhello\r\n`, 'InvalidChunkSizeError'],
  [`5${' '.repeat(300)}`, 'InvalidChunkSizeError'],
])('the unsigned body %j is refused: %s', (body, code) => {
  expect(decode(openPlain(), body)).toBe(code)
})

test('a body of nothing has frames, too, and need not announce anything behind it', () => {
  const framing = { lengthBytes: 0, hasTrailer: true, trailerName: undefined }
  const decoder = new ChunkDecoder({ ...framing, signer: undefined })
  expect(decode(decoder, '0\r\n\r\n')).toEqual(['', undefined])
})
