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

function startCrc32(): RunningChecksum {
  let value = 0
  return {
    update(bytes) {
      value = crc32(bytes, value)
    },
    finish() {
      const bytes = Buffer.allocUnsafe(CHECKSUM_SIZES_BYTES.CRC32)
      bytes.writeUInt32BE(value)
      return bytes
    },
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
