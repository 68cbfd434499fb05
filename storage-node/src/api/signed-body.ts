/**
 * The body of an S3 request: without the frames that a client puts around its pieces, and whole only if it
 * has the signatures, the hash and the checksum that came with it.
 *
 * @module
 */

import { createHash, type Hash } from 'node:crypto'
import type { BodySections } from '../base/body-hasher.ts'
import { toHex } from '../base/bytes.ts'
import { releaseBytes } from '../base/release-bytes.ts'
import type { ChecksumAlgorithm, RunningChecksum } from '../base/object-checksums.ts'
import { startChecksum } from '../base/object-checksums.ts'
import { invalidArgument, OssError } from '../model/errors.ts'
import type { BodyChecksum as KeptChecksum, TakePiece } from '../services/body.ts'
import type { HeaderValues, RequestHead } from '../wire/oss/request-head.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import type { BodyChecksum } from '../wire/s3/body-checksum.ts'
import {
  badDigest,
  headerOf,
  readBodyChecksum,
  readTrailerAlgorithm,
  readValue,
  severalChecksums,
} from '../wire/s3/body-checksum.ts'
import { ChunkDecoder } from '../wire/s3/chunk-decoder.ts'
import type { ChunkSigner } from '../wire/s3/chunk-signer.ts'
import { DeferredHashes } from '../wire/s3/deferred-hashes.ts'
import type { Payload } from '../wire/s3/payload.ts'
import { EMPTY_SHA256 } from '../wire/s3/payload.ts'
import type { BodyFraming, RequestBodySource } from './http-message.ts'

const DECODED_LENGTH = 'x-amz-decoded-content-length'

/** What has to be checked of a body. */
interface Checks {
  readonly decoder: ChunkDecoder | undefined
  /** Lower-case hex. */
  readonly sha256: string | undefined
  readonly checksum: BodyChecksum | undefined
  /** Of the checksum that comes behind the body. */
  readonly trailer: ChecksumAlgorithm | undefined
}

/**
 * The body as operations read it; the same as it arrives if there is nothing to check. Throws what headers
 * get that are not right. `openSigner` is for bodies that are signed piece by piece.
 */
export function signedBody(
  arriving: RequestBodySource,
  head: RequestHead,
  payload: Payload,
  openSigner: () => ChunkSigner,
): RequestBodySource {
  if (arriving.framing === 'none') return arriving
  const { headers } = head
  const checksum = completesUpload(head) ? undefined : readBodyChecksum(headers)
  if (payload.kind === 'framed') {
    const trailer = payload.hasTrailer ? readTrailerAlgorithm(headers) : undefined
    if (trailer !== undefined && checksum !== undefined) throw severalChecksums()
    const lengthBytes = readDecodedLength(headers)
    const decoder = new ChunkDecoder({
      ...{ lengthBytes, hasTrailer: payload.hasTrailer },
      signer: payload.isSigned ? openSigner() : undefined,
      trailerName: trailer && headerOf(trailer),
    })
    const checks = { decoder, sha256: undefined, checksum, trailer }
    return new SignedBody(arriving, checks, lengthBytes)
  }
  const sha256 = payload.kind === 'hashed' ? payload.sha256 : undefined
  const isEmpty = arriving.lengthBytes === 0 && sha256 === EMPTY_SHA256
  if (checksum === undefined && (sha256 === undefined || isEmpty)) return arriving
  const checks = { decoder: undefined, sha256, checksum, trailer: undefined }
  return new SignedBody(arriving, checks, arriving.lengthBytes)
}

/** Its checksum is that of the object, not of the list of parts that it sends. */
function completesUpload({ method, query }: RequestHead): boolean {
  return method === 'POST' && queryValue(query, 'uploadId') !== undefined
}

class SignedBody implements RequestBodySource {
  readonly lengthBytes: number | undefined
  readonly #arriving: RequestBodySource
  readonly #checks: Checks
  #hash: Hash | undefined
  #running: RunningChecksum | undefined
  #checksumValue = ''
  readonly checksum: KeptChecksum | undefined
  /** How many pieces without their frames still look into what arrived. */
  readonly #shares = new Map<ArrayBufferLike, number>()

  constructor(arriving: RequestBodySource, checks: Checks, lengthBytes: number | undefined) {
    this.#arriving = arriving
    this.#checks = checks
    this.lengthBytes = lengthBytes
    const algorithm = checks.checksum?.algorithm ?? checks.trailer
    this.checksum = algorithm && { algorithm, value: () => this.#checksumValue }
    this.#hash = checks.sha256 === undefined ? undefined : createHash('sha256')
  }

  get framing(): BodyFraming {
    return this.#checks.decoder === undefined ? this.#arriving.framing : 'length'
  }

  /** Pieces without their frames share memory: nobody may free it for one of them alone. */
  get givesPiecesAway(): boolean {
    return this.#checks.decoder === undefined && this.#arriving.givesPiecesAway === true
  }

  readonly deferSections = (): BodySections | undefined => {
    const { decoder, sha256 } = this.#checks
    if (decoder !== undefined) return decoder.defer()
    if (sha256 === undefined || this.lengthBytes === undefined) return undefined
    this.#hash = undefined
    const deferred = new DeferredHashes()
    deferred.begin(0)
    deferred.end(this.lengthBytes, (found) => requireHash(sha256, found))
    return deferred
  }

  async read(take: TakePiece): Promise<void> {
    const { decoder } = this.#checks
    if (this.checksum !== undefined) this.#running = await startChecksum(this.checksum.algorithm)
    if (decoder === undefined) await this.#arriving.read((piece) => this.#take(piece, take))
    else await this.#arriving.read((piece) => this.#takeAll(this.#unframe(decoder, piece), 0, take))
    this.#finish(decoder?.finish())
  }

  readonly release = ({ buffer }: Uint8Array): void => {
    const left = this.#shares.get(buffer)
    if (left === undefined) return
    if (left > 1) return void this.#shares.set(buffer, left - 1)
    this.#shares.delete(buffer)
    releaseBytes(new Uint8Array(buffer))
  }

  /** The pieces in what arrived, whose memory is freed with the last of them, if it holds nothing else. */
  #unframe(decoder: ChunkDecoder, arrived: Uint8Array): readonly Uint8Array[] {
    const pieces = decoder.push(arrived)
    const { buffer, byteLength } = arrived
    const isAlone = this.#arriving.givesPiecesAway === true && buffer.byteLength === byteLength
    if (isAlone && pieces.length > 0) this.#shares.set(buffer, pieces.length)
    return pieces
  }

  #takeAll(
    pieces: readonly Uint8Array[],
    from: number,
    take: TakePiece,
  ): Promise<void> | undefined {
    for (let at = from; at < pieces.length; at += 1) {
      const piece = pieces[at]
      const taken = piece && this.#take(piece, take)
      if (taken !== undefined) return taken.then(() => this.#takeAll(pieces, at + 1, take))
    }
    return undefined
  }

  /** Hashes first: whoever takes a piece may free its memory at once. */
  #take(piece: Uint8Array, take: TakePiece): Promise<void> | undefined {
    this.#hash?.update(piece)
    this.#running?.update(piece)
    return take(piece)
  }

  #finish(behind: string | undefined): void {
    const { sha256, checksum, trailer } = this.#checks
    if (this.#hash !== undefined) requireHash(sha256 ?? '', this.#hash.digest('hex'))
    const running = this.#running?.finish()
    if (running === undefined) return
    this.#checksumValue = toHex(running)
    if (checksum !== undefined) requireSame(checksum, running)
    if (trailer === undefined) return
    const value = readValue(headerOf(trailer), trailer, behind ?? '')
    requireSame({ algorithm: trailer, value }, running)
  }
}

function requireSame({ algorithm, value }: BodyChecksum, found: Uint8Array): void {
  if (Buffer.compare(value, found) !== 0) throw badDigest(algorithm)
}

/** Throws MissingContentLength or InvalidArgument. */
function readDecodedLength(headers: HeaderValues): number {
  const text = headers[DECODED_LENGTH]
  if (text === undefined) {
    throw new OssError('MissingContentLength', {
      message: `You must provide the ${DECODED_LENGTH} HTTP header.`,
    })
  }
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalidArgument(DECODED_LENGTH, text, `${DECODED_LENGTH} must be a number of bytes.`)
}

function requireHash(announced: string, found: string): void {
  if (found === announced) return
  throw new OssError('XAmzContentSHA256Mismatch', {
    details: [
      { name: 'ClientComputedContentSHA256', value: announced },
      { name: 'S3ComputedContentSHA256', value: found },
    ],
  })
}
