/**
 * Checksums and digests of bytes.
 *
 * CRC-32 guards what is on disk and on the wire between storage nodes; MD5 and CRC-64/XZ are what
 * OSS clients compare (oss.md 5.3).
 *
 * @module
 */

import { createHash, hash } from 'node:crypto'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { createCRC64 } from 'hash-wasm'

/** CRC-32 (zlib's) of `bytes`, continued from `seed`. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed)
}

/** MD5, 16 bytes. */
export function md5(bytes: Uint8Array): Uint8Array {
  return hash('md5', bytes, 'buffer')
}

/** What the API answers about a body. */
export interface BodyChecksums {
  /** 16 bytes. */
  readonly md5: Uint8Array
  /** CRC-64/XZ, unsigned. */
  readonly crc64: bigint
}

/** A running MD5 and CRC-64 of one stream. */
export interface BodyDigest {
  update(bytes: Uint8Array): void
  /** CRC-64 of what came so far. */
  crc64SoFar(): bigint
  /** Ends the stream; the digest cannot be used afterwards. */
  finish(): BodyChecksums
}

/** The checksums that need a module loaded first; open one for the process. */
export interface Checksums {
  /** CRC-64/XZ of `bytes`, unsigned. */
  crc64(bytes: Uint8Array): bigint
  startBody(): BodyDigest
  /** The checksums of a body that is at hand as a whole. */
  ofBody(pieces: readonly Uint8Array[]): BodyChecksums
}

/** Loads the CRC-64 module. One instance serves any number of streams: its state is 12 bytes. */
export async function openChecksums(): Promise<Checksums> {
  const crc = await createCRC64()
  const empty = crc.init().save()
  const digestOf = (state: Uint8Array) => BigInt(`0x${crc.load(state).digest('hex')}`)
  const crc64 = (pieces: readonly Uint8Array[]) => {
    crc.init()
    for (const piece of pieces) crc.update(piece)
    return BigInt(`0x${crc.digest('hex')}`)
  }
  return {
    crc64: (bytes) => crc64([bytes]),
    ofBody: (pieces) => ({ md5: md5OfPieces(pieces), crc64: crc64(pieces) }),
    startBody() {
      const hash = createHash('md5')
      let state = empty
      return {
        update(bytes) {
          hash.update(bytes)
          state = crc.load(state).update(bytes).save()
        },
        crc64SoFar: () => digestOf(state),
        finish: () => ({ md5: hash.digest(), crc64: digestOf(state) }),
      }
    },
  }
}

/** One call for one piece: half the price of a hash object. */
function md5OfPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return md5(only)
  const digest = createHash('md5')
  for (const piece of pieces) digest.update(piece)
  return digest.digest()
}
