/**
 * `CompleteMultipartUpload` and its result (oss.md 1.8, 5.17).
 *
 * @module
 */

import type { ListedPart } from '../../../model/command.ts'
import { invalidArgument } from '../../../model/errors.ts'
import { parseEtag, quoteEtag } from '../../../model/etag.ts'
import type { BucketName, ObjectKey } from '../../../model/identifiers.ts'
import { PART_COUNT_MAX, PART_NUMBER_MIN } from '../../../model/limits.ts'
import { childText, malformedXml, readXml, type XmlElement } from '../../xml-reader.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'
import { nameWriter, writeEncodingType } from './encoded-names.ts'

/**
 * The parts in the order listed; whether that is right, or there may be none, is decided where they are.
 * `readChecksum` reads what a dialect says of a part besides.
 */
export function readCompleteMultipartUpload(
  bytes: Uint8Array,
  readChecksum: (part: XmlElement) => ListedPart['checksum'] = () => undefined,
): ListedPart[] {
  const parts = readXml(bytes, 'CompleteMultipartUpload').children.filter(
    ({ name }) => name === 'Part',
  )
  if (parts.length > PART_COUNT_MAX) {
    throw malformedXml(`There must be at most ${PART_COUNT_MAX} parts.`)
  }
  return parts.map((part) => ({ ...readPart(part), checksum: readChecksum(part) }))
}

export interface CompletedUpload {
  readonly bucket: BucketName
  readonly key: ObjectKey
  /** Without quotes. */
  readonly etag: string
  /** URL of the object. */
  readonly location: string
  readonly urlEncoding: boolean
}

export function writeCompleteMultipartUpload(upload: CompletedUpload): string {
  const { bucket, key, etag, location, urlEncoding } = upload
  return xmlDocument(
    'CompleteMultipartUploadResult',
    xmlElement('Location', location) +
      xmlElement('Bucket', bucket) +
      xmlElement('Key', nameWriter(urlEncoding)(key)) +
      xmlElement('ETag', quoteEtag(etag)) +
      writeEncodingType(urlEncoding),
  )
}

function readPart(part: XmlElement): ListedPart {
  const text = childText(part, 'PartNumber').trim()
  const partNumber = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (partNumber < PART_NUMBER_MIN || partNumber > PART_COUNT_MAX) {
    throw invalidArgument(
      'PartNumber',
      text,
      `PartNumber must be a whole number from ${PART_NUMBER_MIN} to ${PART_COUNT_MAX}.`,
    )
  }
  return { partNumber, etag: parseEtag(childText(part, 'ETag')) }
}
