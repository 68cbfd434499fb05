/**
 * `Error`: the document of every error answer to an S3 client.
 *
 * @module
 */

import type { OssErrorDetail } from '../../../model/errors.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'
import type { S3Error } from '../errors.ts'

/** What an error document says about its request. */
export interface S3ErrorContext {
  readonly requestId: string
  /** Path as it was sent. */
  readonly resource: string
  readonly hostId: string
  readonly details: readonly OssErrorDetail[]
}

export function writeS3Error(
  { code, message }: S3Error,
  { requestId, resource, hostId, details }: S3ErrorContext,
): string {
  let content = xmlElement('Code', code) + xmlElement('Message', message)
  for (const { name, value } of details) content += xmlElement(name, value)
  content +=
    xmlElement('Resource', resource) +
    xmlElement('RequestId', requestId) +
    xmlElement('HostId', hostId)
  return xmlDocument('Error', content)
}
