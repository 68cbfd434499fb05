/**
 * `PostResponse`: what an upload form is answered with that asks for status 201 (oss.md 2.6).
 *
 * @module
 */

import { quoteEtag } from '../../../model/etag.ts'
import type { BucketName, ObjectKey } from '../../../model/identifiers.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

export interface PostedObject {
  readonly bucket: BucketName
  readonly key: ObjectKey
  /** Without quotes. */
  readonly etag: string
  /** URL of the object. */
  readonly location: string
}

export function writePostResponse({ bucket, key, etag, location }: PostedObject): string {
  return xmlDocument(
    'PostResponse',
    xmlElement('Bucket', bucket) +
      xmlElement('ETag', quoteEtag(etag)) +
      xmlElement('Key', key) +
      xmlElement('Location', location),
  )
}
