/**
 * `PublicAccessBlockConfiguration`: whether ACLs and policies may give something to everybody, of a
 * bucket or of an account (oss.md 1.1, 1.3).
 *
 * @module
 */

import { childText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

const ROOT = 'PublicAccessBlockConfiguration'
const FLAG = 'BlockPublicAccess'

/** Throws MalformedXML. */
export function readPublicAccessBlock(bytes: Uint8Array): boolean {
  // One client writes True and False.
  const text = childText(readXml(bytes, ROOT), FLAG).trim().toLowerCase()
  if (text === 'true' || text === 'false') return text === 'true'
  throw malformedXml(`The element ${FLAG} must be true or false.`)
}

export function writePublicAccessBlock(isBlocked: boolean): string {
  return xmlDocument(ROOT, xmlElement(FLAG, isBlocked))
}
