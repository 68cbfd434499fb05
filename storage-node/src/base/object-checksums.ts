/**
 * Checksums that clients send with a body: CRC-32, CRC-32C, CRC-64/NVME, SHA-1 and SHA-256.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { createCRC32, createCRC64 } from 'hash-wasm'
import { unreachable } from './assert.ts'

/** Each with the size of its value in bytes. */
export const CHECKSUM_SIZES_BYTES = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
} as const

export type ChecksumAlgorithm = keyof typeof CHECKSUM_SIZES_BYTES

export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_SIZES_BYTES) as ChecksumAlgorithm[]

/** The checksum of one stream. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void
  /** Ends the stream: the value, most significant byte first. */
  finish(): Uint8Array
}

type ModuleHasher = Awaited<ReturnType<typeof createCRC32>>

/** As the modules take them: bits reflected, without the highest. */
const CRC32C_POLYNOMIAL = 0x82f63b78
const CRC64_NVME_POLYNOMIAL = '9a6c9329ac4bc9b5'

/** One instance serves any number of streams: its state is taken out between their pieces. */
const modules: { crc32c?: Promise<ModuleHasher>; crc64nvme?: Promise<ModuleHasher> } = {}

/** Starts a checksum; the first of its kind loads a module. */
export async function startChecksum(algorithm: ChecksumAlgorithm): Promise<RunningChecksum> {
  switch (algorithm) {
    case 'CRC32':
      return startCrc32()
    case 'CRC32C':
      return startInModule(await (modules.crc32c ??= createCRC32(CRC32C_POLYNOMIAL)))
    case 'CRC64NVME':
      return startInModule(await (modules.crc64nvme ??= createCRC64(CRC64_NVME_POLYNOMIAL)))
    case 'SHA1':
    case 'SHA256':
      return startHash(algorithm)
    default:
      return unreachable(algorithm)
  }
}

/**
 * The checksum of the checksums of parts, which are at hand and few: waits for no module. Of CRC-64/NVME
 * there is none.
 */
export function checksumOfDigests(algorithm: ChecksumAlgorithm, digests: Uint8Array): Uint8Array {
  switch (algorithm) {
    case 'CRC32':
      return asUint32(crc32(digests))
    case 'CRC32C':
      return asUint32(crc32c(digests))
    case 'SHA1':
    case 'SHA256':
      return createHash(algorithm).update(digests).digest()
    case 'CRC64NVME':
      throw new Error('Parts with CRC-64/NVME are combined to that of the whole')
    default:
      return unreachable(algorithm)
  }
}

/** Bit by bit: slow, and enough for 40 KiB once an upload. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ CRC32C_POLYNOMIAL
    }
  }
  return (crc ^ 0xffff_ffff) >>> 0
}

function asUint32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(CHECKSUM_SIZES_BYTES.CRC32)
  bytes.writeUInt32BE(value)
  return bytes
}

function startCrc32(): RunningChecksum {
  let value = 0
  return {
    update(bytes) {
      value = crc32(bytes, value)
    },
    finish: () => asUint32(value),
  }
}

function startHash(algorithm: 'SHA1' | 'SHA256'): RunningChecksum {
  const hash = createHash(algorithm)
  return { update: (bytes) => void hash.update(bytes), finish: () => hash.digest() }
}

function startInModule(hasher: ModuleHasher): RunningChecksum {
  let state = hasher.init().save()
  return {
    update(bytes) {
      state = hasher.load(state).update(bytes).save()
    },
    finish: () => hasher.load(state).digest('binary'),
  }
}
