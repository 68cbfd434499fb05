/**
 * `VersioningConfiguration`: whether a bucket keeps versions (oss.md 1.3).
 *
 * @module
 */

import type { Versioning } from '../../../model/bucket.ts'
import { childText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** There is no way back to unset. Throws MalformedXML. */
export function readVersioningConfiguration(bytes: Uint8Array): Exclude<Versioning, 'unset'> {
  const status = childText(readXml(bytes, 'VersioningConfiguration'), 'Status').trim()
  if (status === 'Enabled' || status === 'Suspended') return status
  throw malformedXml('Status must be Enabled or Suspended.')
}

/** An element without content when it was never set. */
export function writeVersioningConfiguration(versioning: Versioning): string {
  const status = versioning === 'unset' ? '' : xmlElement('Status', versioning)
  return xmlDocument('VersioningConfiguration', status)
}
