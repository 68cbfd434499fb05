/**
 * `GetObjectAttributesResponse`: what is asked for of an object, and nothing else.
 *
 * @module
 */

import { invalidArgument } from '../../../model/errors.ts'
import { LIST_PARTS_MAX } from '../../../model/limits.ts'
import type { Checksum } from '../../../model/object-checksum.ts'
import type { ObjectRecord } from '../../../model/object.ts'
import type { HeaderValues } from '../../oss/request-head.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { checksumElements, partChecksumElement } from '../checksum-text.ts'
import { s3StorageClass } from '../storage-class.ts'

const NAMES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const
const HEADER = 'x-amz-object-attributes'

/** Which parts to tell of: with numbers above `after`. */
export interface PartsPage {
  readonly after: number
  readonly maxParts: number
}

export interface AttributedParts extends PartsPage {
  readonly partCount: number
  readonly parts: readonly {
    readonly partNumber: number
    readonly sizeBytes: number
    readonly checksum: Checksum | undefined
  }[]
  readonly isTruncated: boolean
}

export type AttributeName = (typeof NAMES)[number]

/** The list in `x-amz-object-attributes`. Throws InvalidArgument. */
export function readAttributeNames(text: string | undefined): readonly AttributeName[] {
  const names = (text ?? '').split(',').map((name) => name.trim())
  return names.map((name) => {
    const known = NAMES.find((each) => each.toLowerCase() === name.toLowerCase())
    if (known !== undefined) return known
    throw invalidArgument(HEADER, text ?? '', `${HEADER} must list some of ${NAMES.join(', ')}.`)
  })
}

/** Which parts are asked for. Throws InvalidArgument. */
export function readPartsPage(headers: HeaderValues): PartsPage {
  return {
    after: readCount(headers, 'x-amz-part-number-marker', 0),
    maxParts: Math.min(readCount(headers, 'x-amz-max-parts', LIST_PARTS_MAX), LIST_PARTS_MAX),
  }
}

export function writeObjectAttributes(
  record: ObjectRecord,
  asked: readonly AttributeName[],
  parts: AttributedParts | undefined,
): string {
  const { etag, storageClass, sizeBytes } = record
  let content = ''
  if (asked.includes('ETag')) content += xmlElement('ETag', etag.toLowerCase())
  if (asked.includes('Checksum') && record.checksum !== undefined) {
    content += xmlGroup('Checksum', checksumElements(record))
  }
  if (asked.includes('ObjectParts') && parts !== undefined) content += writeParts(parts)
  if (asked.includes('StorageClass')) {
    content += xmlElement('StorageClass', s3StorageClass(storageClass))
  }
  if (asked.includes('ObjectSize')) content += xmlElement('ObjectSize', sizeBytes)
  return xmlDocument('GetObjectAttributesResponse', content)
}

/** Parts without checksums are counted only, as S3 does it. */
function writeParts({ parts, partCount, after, maxParts, isTruncated }: AttributedParts): string {
  const told = parts.filter(({ checksum }) => checksum !== undefined)
  return xmlGroup(
    'ObjectParts',
    xmlElement('PartsCount', partCount) +
      xmlElement('PartNumberMarker', after) +
      xmlElement('NextPartNumberMarker', parts.at(-1)?.partNumber ?? after) +
      xmlElement('MaxParts', maxParts) +
      xmlElement('IsTruncated', isTruncated) +
      told.map(writePart).join(''),
  )
}

function writePart({ partNumber, sizeBytes, checksum }: AttributedParts['parts'][number]): string {
  return xmlGroup(
    'Part',
    xmlElement('PartNumber', partNumber) +
      xmlElement('Size', sizeBytes) +
      partChecksumElement(checksum),
  )
}

function readCount(headers: HeaderValues, name: string, fallback: number): number {
  const text = headers[name]
  if (text === undefined) return fallback
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalidArgument(name, text, `${name} must be a whole number.`)
}
