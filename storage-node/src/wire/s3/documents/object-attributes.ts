/**
 * `GetObjectAttributesResponse`: what is asked for of an object, and nothing else.
 *
 * @module
 */

import { invalidArgument } from '../../../model/errors.ts'
import type { ObjectRecord } from '../../../model/object.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { s3StorageClass } from '../storage-class.ts'

const NAMES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const
/** Behind the ETag of what was made of parts: how many there were. */
const PART_COUNT = /-(\d+)$/
const HEADER = 'x-amz-object-attributes'

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

/** Checksums are verified and not kept: an object has none to show. */
export function writeObjectAttributes(
  record: ObjectRecord,
  asked: readonly AttributeName[],
): string {
  const { etag, storageClass, sizeBytes } = record
  const parts = PART_COUNT.exec(etag)?.[1]
  let content = ''
  if (asked.includes('ETag')) content += xmlElement('ETag', etag.toLowerCase())
  if (asked.includes('ObjectParts') && parts !== undefined) {
    content += xmlGroup('ObjectParts', xmlElement('PartsCount', parts))
  }
  if (asked.includes('StorageClass')) {
    content += xmlElement('StorageClass', s3StorageClass(storageClass))
  }
  if (asked.includes('ObjectSize')) content += xmlElement('ObjectSize', sizeBytes)
  return xmlDocument('GetObjectAttributesResponse', content)
}
