/**
 * `ArchiveDirectReadConfiguration`: whether objects of class Archive are read as they are (oss.md 1.3).
 *
 * @module
 */

import { childText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

const ROOT = 'ArchiveDirectReadConfiguration'

/** Throws MalformedXML. */
export function readArchiveDirectRead(bytes: Uint8Array): boolean {
  const text = childText(readXml(bytes, ROOT), 'Enabled').trim()
  if (text === 'true' || text === 'false') return text === 'true'
  throw malformedXml('The element Enabled must be true or false.')
}

export function writeArchiveDirectRead(isEnabled: boolean): string {
  return xmlDocument(ROOT, xmlElement('Enabled', isEnabled))
}
