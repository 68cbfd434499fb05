/**
 * Names in lists: as they are, or percent-encoded for clients that ask for it (oss.md 5.6).
 *
 * @module
 */

import { encodePercent } from '../../../base/percent-encoding.ts'
import { xmlElement, xmlGroup } from '../../xml-writer.ts'

/** How names are written: `encoding-type=url` or not. */
export type WriteName = (name: string) => string

export function nameWriter(urlEncoding: boolean): WriteName {
  return urlEncoding ? encodePercent : (name) => name
}

/** Tells the client to decode names; nothing when they are as they are. */
export function writeEncodingType(urlEncoding: boolean): string {
  return urlEncoding ? xmlElement('EncodingType', 'url') : ''
}

/** One `CommonPrefixes` for each, as official documents have it. */
export function writeCommonPrefixes(prefixes: readonly string[], writeName: WriteName): string {
  let content = ''
  for (const prefix of prefixes) {
    content += xmlGroup('CommonPrefixes', xmlElement('Prefix', writeName(prefix)))
  }
  return content
}
