/**
 * `RequestPaymentConfiguration`: who pays for requests to a bucket (oss.md 1.3).
 *
 * @module
 */

import type { RequestPayer } from '../../../model/bucket.ts'
import { childText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** Throws MalformedXML. */
export function readRequestPaymentConfiguration(bytes: Uint8Array): RequestPayer {
  const payer = childText(readXml(bytes, 'RequestPaymentConfiguration'), 'Payer').trim()
  if (payer === 'BucketOwner' || payer === 'Requester') return payer
  throw malformedXml('Payer must be BucketOwner or Requester.')
}

export function writeRequestPaymentConfiguration(payer: RequestPayer): string {
  return xmlDocument('RequestPaymentConfiguration', xmlElement('Payer', payer))
}
