/**
 * The document that every error answer carries (oss.md 3.1).
 *
 * @module
 */

import type { OssError } from '../../../model/errors.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** What an error document says about its request. */
export interface ErrorContext {
  readonly requestId: string
  /** Host as addressed. */
  readonly hostId: string
}

export function writeErrorDocument(error: OssError, { requestId, hostId }: ErrorContext): string {
  let content =
    xmlElement('Code', error.code) +
    xmlElement('Message', error.message) +
    xmlElement('RequestId', requestId) +
    xmlElement('HostId', hostId)
  for (const { name, value } of error.details) content += xmlElement(name, value)
  content += xmlElement('EC', error.ec)
  return xmlDocument('Error', content)
}

/** Value of the `x-oss-err` header: an answer to HEAD has no body to carry the document. */
export function errorHeaderValue(document: string): string {
  return Buffer.from(document).toString('base64')
}
