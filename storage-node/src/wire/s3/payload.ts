/**
 * What a request of the S3 dialect says of its body: `x-amz-content-sha256`, and what goes with it.
 *
 * @module
 */

import { invalidArgument, OssError } from '../../model/errors.ts'
import type { HeaderValues } from '../oss/request-head.ts'

export type Payload =
  /** Nothing vouches for the bytes. */
  | { readonly kind: 'unsigned' }
  /** The bytes as a whole have this SHA-256, in lower-case hex. */
  | { readonly kind: 'hashed'; readonly sha256: string }
  /** Cut into pieces, each with its length in front of it (aws-chunked). */
  | { readonly kind: 'framed'; readonly isSigned: boolean; readonly hasTrailer: boolean }

export const PAYLOAD_HEADER = 'x-amz-content-sha256'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
/** Of no bytes: what requests without a body say. */
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const SHA256_HEX = /^[0-9a-f]{64}$/

const UNSIGNED: Payload = { kind: 'unsigned' }
const EMPTY: Payload = { kind: 'hashed', sha256: EMPTY_SHA256 }
const SIGNED_FRAMES: Payload = { kind: 'framed', isSigned: true, hasTrailer: false }
const SIGNED_FRAMES_AND_TRAILER: Payload = { kind: 'framed', isSigned: true, hasTrailer: true }
const FRAMES_AND_TRAILER: Payload = { kind: 'framed', isSigned: false, hasTrailer: true }

/** Reads the value that a signature covers as the hash of the body. Throws InvalidArgument. */
export function readPayload(text: string): Payload {
  switch (text) {
    case EMPTY_SHA256:
      return EMPTY
    case UNSIGNED_PAYLOAD:
      return UNSIGNED
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return SIGNED_FRAMES
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return SIGNED_FRAMES_AND_TRAILER
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return FRAMES_AND_TRAILER
    default:
      if (SHA256_HEX.test(text)) return { kind: 'hashed', sha256: text }
      throw invalidArgument(
        PAYLOAD_HEADER,
        text,
        `${PAYLOAD_HEADER} must be ${UNSIGNED_PAYLOAD}, a name of a streaming payload, or a valid sha256 value.`,
      )
  }
}

/**
 * What a request says of its body that no V4 signature covers. Clients without credentials frame their
 * bodies, too, and then say so by their encoding alone. Throws what a signed body without a signature gets.
 */
export function payloadOfUnsigned(headers: HeaderValues): Payload {
  const text = headers[PAYLOAD_HEADER]
  const payload = text === undefined ? UNSIGNED : readPayload(text)
  if (payload.kind === 'framed' && payload.isSigned) {
    throw new OssError('InvalidRequest', {
      message: 'A body that is signed piece by piece needs a request that is signed with V4.',
    })
  }
  if (payload.kind === 'unsigned' && isFramed(headers)) return FRAMES_AND_TRAILER
  return payload
}

/** Whether the body is said to be cut into pieces, as its encoding. */
function isFramed(headers: HeaderValues): boolean {
  const encodings = headers['content-encoding']
  if (encodings === undefined) return false
  return encodings.split(',').some((encoding) => encoding.trim().toLowerCase() === 'aws-chunked')
}
