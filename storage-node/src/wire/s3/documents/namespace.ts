/**
 * The namespace of S3's documents: some clients look elements up in it.
 *
 * @module
 */

import { XML_PROLOG } from '../../xml-writer.ts'

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** The document with its root, and so everything in it, in the namespace; other texts as they are. */
export function inS3Namespace(document: string): string {
  if (!document.startsWith(XML_PROLOG)) return document
  const end = document.indexOf('>', XML_PROLOG.length)
  return `${document.slice(0, end)} xmlns="${NAMESPACE}"${document.slice(end)}`
}
