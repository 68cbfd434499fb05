/**
 * `PolicyStatus`: whether a bucket policy gives something to everybody (oss.md 1.3).
 *
 * @module
 */

import { xmlDocument, xmlElement } from '../../xml-writer.ts'

export function writePolicyStatus(isPublic: boolean): string {
  return xmlDocument('PolicyStatus', xmlElement('IsPublic', isPublic))
}
