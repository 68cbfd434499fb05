/**
 * Answers that carry a document.
 *
 * @module
 */

import type { FlatHeaders, OssResponse } from './http-message.ts'

const XML_HEADERS: FlatHeaders = ['Content-Type', 'application/xml']

/** A successful answer with an XML document. */
export function xmlResponse(body: string, headers?: FlatHeaders): OssResponse {
  return {
    status: 200,
    headers: headers === undefined ? XML_HEADERS : [...XML_HEADERS, ...headers],
    body,
  }
}
