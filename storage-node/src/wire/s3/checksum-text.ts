/**
 * Kept checksums as S3 clients ask for them and are told them.
 *
 * @module
 */

import { toHex } from '../../base/bytes.ts'
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../../base/object-checksums.ts'
import type { ListedPart } from '../../model/command.ts'
import { invalidArgument, OssError } from '../../model/errors.ts'
import type {
  Checksum,
  ChecksumPlan,
  ChecksumType,
  ExpectedObject,
  ObjectChecksum,
} from '../../model/object-checksum.ts'
import { defaultType, isPossible } from '../../model/object-checksum.ts'
import type { ObjectRecord } from '../../model/object.ts'
import type { HeaderValues } from '../oss/request-head.ts'
import type { XmlElement } from '../xml-reader.ts'
import { findChildText } from '../xml-reader.ts'
import { xmlElement } from '../xml-writer.ts'
import { headerOf, readBodyChecksum, readValue } from './body-checksum.ts'

const ALGORITHM = 'x-amz-checksum-algorithm'
const TYPE = 'x-amz-checksum-type'
const SIZE = 'x-amz-mp-object-size'
/** Behind what was made of the checksums of parts: how many there were. */
const PART_COUNT = /-\d+$/

type Kept = Pick<ObjectRecord, 'checksum' | 'etag'>

/** Headers that tell the checksum of an object; none where none is kept. */
export function checksumHeaders({ checksum, etag }: Kept): readonly string[] {
  if (checksum === undefined) return []
  const { algorithm, type } = checksum
  return [headerOf(algorithm), textOfObject(checksum, etag), TYPE, type]
}

/** The same of a part. */
export function partChecksumHeaders(checksum: Checksum | undefined): readonly string[] {
  return checksum === undefined ? [] : [headerOf(checksum.algorithm), textOf(checksum)]
}

export function planHeaders(plan: ChecksumPlan | undefined): readonly string[] {
  return plan === undefined ? [] : [ALGORITHM, plan.algorithm, TYPE, plan.type]
}

/** Elements of documents that tell the checksum of an object. */
export function checksumElements({ checksum, etag }: Kept): string {
  if (checksum === undefined) return ''
  const { algorithm, type } = checksum
  const text = textOfObject(checksum, etag)
  return xmlElement(`Checksum${algorithm}`, text) + xmlElement('ChecksumType', type)
}

/** Elements of lists that tell which checksum is kept. */
export function checksumKindElements(plan: ChecksumPlan | undefined): string {
  if (plan === undefined) return ''
  const { algorithm, type } = plan
  return `<ChecksumAlgorithm>${algorithm}</ChecksumAlgorithm><ChecksumType>${type}</ChecksumType>`
}

/** The same of a part. */
export function partChecksumElement(checksum: Checksum | undefined): string {
  return checksum === undefined ? '' : xmlElement(`Checksum${checksum.algorithm}`, textOf(checksum))
}

/** Which checksum a copy is to have. Throws InvalidArgument, as for the checksums of others. */
export function readAlgorithm(headers: HeaderValues): ChecksumAlgorithm | undefined {
  const text = headers[ALGORITHM]
  if (text === undefined) return undefined
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === text.toUpperCase())
  if (found !== undefined) return found
  const known = CHECKSUM_ALGORITHMS.join(', ')
  throw invalidArgument(ALGORITHM, text, `${ALGORITHM} must be one of ${known}.`)
}

/** Which checksums an upload is begun with. Throws InvalidRequest, InvalidArgument. */
export function readChecksumPlan(headers: HeaderValues): ChecksumPlan | undefined {
  const algorithm = readAlgorithm(headers)
  const type = readType(headers)
  if (algorithm === undefined) {
    if (type === undefined) return undefined
    throw invalidRequest(`The ${TYPE} header can only be used with the ${ALGORITHM} header.`)
  }
  const plan = { algorithm, type: type ?? defaultType(algorithm) }
  if (isPossible(plan)) return plan
  throw invalidRequest(
    `The ${plan.type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  )
}

/** What a completion says of the object that it makes. Throws InvalidRequest. */
export function readExpectedObject(headers: HeaderValues): ExpectedObject | undefined {
  const given = readBodyChecksum(headers, PART_COUNT)
  const size = headers[SIZE]
  if (size !== undefined && !/^\d{1,15}$/.test(size)) {
    throw invalidRequest(`Value for ${SIZE} header is invalid.`)
  }
  if (given === undefined && size === undefined) return undefined
  const checksum = given && {
    ...{ algorithm: given.algorithm, value: toHex(given.value), type: readType(headers) },
  }
  return { checksum, sizeBytes: size === undefined ? undefined : Number(size) }
}

/** The checksum that a document says a part has; of several, the first. Throws InvalidRequest. */
export function readPartChecksum(part: XmlElement): Checksum | undefined {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const name = `Checksum${algorithm}`
    const text = findChildText(part, name)?.trim()
    // Some clients name what they have none of.
    if (text === undefined || text === '') continue
    return { algorithm, value: toHex(readValue(name, algorithm, text)) }
  }
  return undefined
}

/** Whether a read is to be told the checksum of what it reads. */
export function wantsChecksum(headers: HeaderValues): boolean {
  return headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED'
}

/**
 * Throws InvalidRequest where parts are listed without the checksums that the upload was begun with, of
 * which that of the object is made.
 */
export function requirePartChecksums(
  parts: readonly ListedPart[],
  plan: ChecksumPlan | undefined,
): void {
  if (plan?.type !== 'COMPOSITE') return
  const lacking = parts.find(({ checksum }) => checksum === undefined)
  if (lacking === undefined) return
  throw invalidRequest(
    `The upload was created using a ${plan.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${lacking.partNumber} in the request.`,
  )
}

function readType(headers: HeaderValues): ChecksumType | undefined {
  const text = headers[TYPE]?.toUpperCase()
  if (text === undefined || text === 'COMPOSITE' || text === 'FULL_OBJECT') return text
  throw invalidRequest(`Value for ${TYPE} header is invalid.`)
}

function textOf({ value }: Checksum): string {
  return Buffer.from(value, 'hex').toString('base64')
}

function textOfObject(checksum: ObjectChecksum, etag: string): string {
  const parts = checksum.type === 'COMPOSITE' ? PART_COUNT.exec(etag)?.[0] : undefined
  return `${textOf(checksum)}${parts ?? ''}`
}

function invalidRequest(message: string): OssError {
  return new OssError('InvalidRequest', { message })
}
