/**
 * The checksum that a client sends with a body, in a header or behind the body.
 *
 * @module
 */

import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_SIZES_BYTES,
  type ChecksumAlgorithm,
} from '../../base/object-checksums.ts'
import { invalidArgument, OssError } from '../../model/errors.ts'
import type { HeaderValues } from '../oss/request-head.ts'

/** A checksum and what it must come out as. */
export interface BodyChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: Uint8Array
}

const BY_HEADER = new Map(CHECKSUM_ALGORITHMS.map((algorithm) => [headerOf(algorithm), algorithm]))
/** Headers that begin like those of checksums and are none. */
const ABOUT = new Set(['algorithm', 'mode', 'type'].map((name) => `x-amz-checksum-${name}`))
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** `x-amz-checksum-crc32` and its kin. */
export function headerOf(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`
}

/**
 * The checksum in the headers; undefined when there is none. Throws InvalidRequest, and InvalidArgument
 * for one that cannot be made here: a body that nobody has compared with it must not be taken. What
 * matches `behind` may stand behind the value.
 */
export function readBodyChecksum(headers: HeaderValues, behind?: RegExp): BodyChecksum | undefined {
  let found: BodyChecksum | undefined
  for (const name in headers) {
    if (!name.startsWith('x-amz-checksum-')) continue
    if (!BY_HEADER.has(name) && !ABOUT.has(name)) throw unknownChecksum(name)
  }
  for (const [name, algorithm] of BY_HEADER) {
    const text = headers[name]
    if (text === undefined) continue
    if (found !== undefined) throw severalChecksums()
    const value = behind === undefined ? text : text.replace(behind, '')
    found = { algorithm, value: readValue(name, algorithm, value) }
  }
  return found
}

/**
 * The checksum that is announced to come behind the body, of which there is one at most; undefined when
 * nothing is announced. Throws InvalidRequest for anything else, InvalidArgument for other checksums.
 */
export function readTrailerAlgorithm(headers: HeaderValues): ChecksumAlgorithm | undefined {
  const announced = headers['x-amz-trailer']
  if (announced === undefined) return undefined
  const algorithm = BY_HEADER.get(announced.trim().toLowerCase())
  if (algorithm !== undefined) return algorithm
  if (announced.includes(',')) throw severalChecksums()
  if (announced.startsWith('x-amz-checksum-')) throw unknownChecksum(announced)
  throw new OssError('InvalidRequest', {
    message: 'The value specified in the x-amz-trailer header is not supported',
  })
}

/** The value of a header, or of a line behind the body. Throws InvalidRequest. */
export function readValue(name: string, algorithm: ChecksumAlgorithm, text: string): Uint8Array {
  const value = Buffer.from(BASE64.test(text) ? text : '', 'base64')
  const isWhole = value.byteLength === CHECKSUM_SIZES_BYTES[algorithm]
  if (isWhole && value.toString('base64') === text) return value
  throw new OssError('InvalidRequest', { message: `Value for ${name} header is invalid.` })
}

function unknownChecksum(name: string): OssError {
  return invalidArgument(name, '', 'The algorithm of this checksum is not supported.')
}

/** What a checksum gets that is not that of the body. */
export function badDigest(algorithm: ChecksumAlgorithm): OssError {
  return new OssError('BadDigest', {
    message: `The ${algorithm} you specified did not match the calculated checksum.`,
  })
}

/** What a second checksum gets: nobody could say which one counts. */
export function severalChecksums(): OssError {
  return new OssError('InvalidRequest', {
    message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
  })
}
