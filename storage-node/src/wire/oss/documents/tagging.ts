/**
 * `Tagging`: the tags of a bucket or of an object (oss.md 1.2, 1.7).
 *
 * @module
 */

import type { Tag } from '../../../model/tag.ts'
import { childText, findChild, findChildText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'

/** The tags as they stand, unchecked; a tag without a value has an empty one. Throws MalformedXML. */
export function readTagging(bytes: Uint8Array): Tag[] {
  const set = findChild(readXml(bytes, 'Tagging'), 'TagSet')
  if (set === undefined) throw malformedXml('The element Tagging must have a TagSet.')
  return set.children
    .filter(({ name }) => name === 'Tag')
    .map((tag) => [childText(tag, 'Key'), findChildText(tag, 'Value') ?? ''])
}

export function writeTagging(tags: readonly Tag[]): string {
  let set = ''
  for (const [key, value] of tags) {
    set += xmlGroup('Tag', xmlElement('Key', key) + xmlElement('Value', value))
  }
  return xmlDocument('Tagging', xmlGroup('TagSet', set))
}
