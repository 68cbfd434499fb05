/**
 * `ListLiveChannelResult`: the answer to ListLiveChannel (oss.md 1.11), of a bucket that has none.
 *
 * @module
 */

import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** Shows what was asked for, as every list does. */
export function writeListLiveChannels(asked: {
  readonly prefix: string
  readonly marker: string
  readonly maxKeys: number
}): string {
  return xmlDocument(
    'ListLiveChannelResult',
    xmlElement('Prefix', asked.prefix) +
      xmlElement('Marker', asked.marker) +
      xmlElement('MaxKeys', asked.maxKeys) +
      xmlElement('IsTruncated', 'false'),
  )
}
