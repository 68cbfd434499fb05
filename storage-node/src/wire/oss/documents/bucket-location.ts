/**
 * `LocationConstraint`: the answer to GetBucketLocation (oss.md 1.2).
 *
 * @module
 */

import { escapeXml, xmlDocument } from '../../xml-writer.ts'
import { locationOf } from './region-names.ts'

/** The location is the text of the root itself. `region` is bare: `cn-hangzhou`. */
export function writeBucketLocation(region: string): string {
  return xmlDocument('LocationConstraint', escapeXml(locationOf(region)))
}
