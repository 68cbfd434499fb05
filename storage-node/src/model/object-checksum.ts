/**
 * Checksums that clients send with bodies and are told again: of objects, and of the parts that they
 * were made of.
 *
 * @module
 */

import { fromHex, toHex } from '../base/bytes.ts'
import type { ChecksumAlgorithm } from '../base/object-checksums.ts'
import { checksumOfDigests } from '../base/object-checksums.ts'
import { combineCrc32, combineCrc32c } from './crc32-combine.ts'
import { combineCrc64Nvme } from './crc64-combine.ts'
import { OssError } from './errors.ts'

/** Of a body as a whole. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  /** Lower-case hex. */
  readonly value: string
}

/** `COMPOSITE`: of the checksums of the parts, one behind the other. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

export interface ObjectChecksum extends Checksum {
  readonly type: ChecksumType
}

/** What an upload was begun with: its parts have checksums of this kind, and so will the object. */
export interface ChecksumPlan {
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
}

/** What a completion says that it must come to. */
export interface ExpectedObject {
  /** Its type is undefined where nothing was said of it. */
  readonly checksum: (Checksum & { readonly type: ChecksumType | undefined }) | undefined
  readonly sizeBytes: number | undefined
}

/** A part with what its checksum is combined from. */
export interface ChecksummedPart {
  readonly sizeBytes: number
  readonly checksum?: Checksum | undefined
}

/** Those of a whole that follow from those of its parts. */
const COMBINED: ReadonlySet<ChecksumAlgorithm> = new Set(['CRC32', 'CRC32C', 'CRC64NVME'])

/** The kind of an object whose upload did not say; each algorithm has one at least. */
export function defaultType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'
}

/** Whether there is such a checksum of an object in parts. */
export function isPossible({ algorithm, type }: ChecksumPlan): boolean {
  return type === 'COMPOSITE' ? algorithm !== 'CRC64NVME' : COMBINED.has(algorithm)
}

/** The checksum of what the parts make; undefined where one of them has none of the kind. */
export function checksumOfParts(
  { algorithm, type }: ChecksumPlan,
  parts: readonly ChecksummedPart[],
): ObjectChecksum | undefined {
  const values: string[] = []
  for (const { checksum } of parts) {
    if (checksum?.algorithm !== algorithm) return undefined
    values.push(checksum.value)
  }
  const value =
    type === 'COMPOSITE'
      ? toHex(checksumOfDigests(algorithm, fromHex(values.join(''))))
      : combined(algorithm, values, parts)
  return { algorithm, type, value }
}

/** The kind that a completion asks for, of an upload that was begun with none. */
export function expectedPlan(expected: ExpectedObject | undefined): ChecksumPlan | undefined {
  const { algorithm, type } = expected?.checksum ?? {}
  if (algorithm === undefined) return undefined
  const plan = { algorithm, type: type ?? defaultType(algorithm) }
  return isPossible(plan) ? plan : undefined
}

/** The refusal of an object that is not what its completion says. */
export function refuseUnexpected(
  expected: ExpectedObject,
  made: { readonly sizeBytes: number; readonly checksum: ObjectChecksum | undefined },
): OssError | undefined {
  const { checksum, sizeBytes } = expected
  if (sizeBytes !== undefined && sizeBytes !== made.sizeBytes) {
    const message = 'The provided x-amz-mp-object-size is not the size of the parts together.'
    return new OssError('InvalidRequest', { message })
  }
  if (checksum === undefined) return undefined
  if (made.checksum === undefined || isOfOtherKind(checksum, made.checksum)) {
    const kind = `${checksum.algorithm}${checksum.type === undefined ? '' : ` (${checksum.type})`}`
    const message = `The upload was not begun with a checksum of the kind ${kind}.`
    return new OssError('InvalidRequest', { message })
  }
  if (checksum.value === made.checksum.value) return undefined
  const message = `The ${checksum.algorithm} you specified did not match the calculated checksum.`
  return new OssError('BadDigest', { message })
}

function isOfOtherKind(
  expected: NonNullable<ExpectedObject['checksum']>,
  made: ObjectChecksum,
): boolean {
  if (expected.algorithm !== made.algorithm) return true
  return expected.type !== undefined && expected.type !== made.type
}

function combined(
  algorithm: ChecksumAlgorithm,
  values: readonly string[],
  parts: readonly ChecksummedPart[],
): string {
  if (algorithm === 'CRC64NVME') {
    let crc = 0n
    for (const [at, value] of values.entries()) {
      crc = combineCrc64Nvme(crc, BigInt(`0x${value}`), parts[at]?.sizeBytes ?? 0)
    }
    return crc.toString(16).padStart(16, '0')
  }
  const combine = algorithm === 'CRC32' ? combineCrc32 : combineCrc32c
  let crc = 0
  for (const [at, value] of values.entries()) {
    crc = combine(crc, Number.parseInt(value, 16), parts[at]?.sizeBytes ?? 0)
  }
  return crc.toString(16).padStart(8, '0')
}
