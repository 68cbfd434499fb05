/**
 * `CopyObjectResult` and `CopyPartResult` (oss.md 1.7, 1.8).
 *
 * @module
 */

import { quoteEtag } from '../../../model/etag.ts'
import { formatIsoDate } from '../../http-date.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** What was made. */
export interface Copied {
  readonly lastModifiedMs: number
  /** Without quotes. */
  readonly etag: string
}

export function writeCopyObjectResult(copied: Copied): string {
  return writeResult('CopyObjectResult', copied)
}

export function writeCopyPartResult(copied: Copied): string {
  return writeResult('CopyPartResult', copied)
}

function writeResult(root: string, { lastModifiedMs, etag }: Copied): string {
  return xmlDocument(
    root,
    xmlElement('LastModified', formatIsoDate(lastModifiedMs)) + xmlElement('ETag', quoteEtag(etag)),
  )
}
