/**
 * `Delete` and `DeleteResult`: DeleteMultipleObjects (oss.md 1.7).
 *
 * @module
 */

import type { ObjectKey } from '../../../model/identifiers.ts'
import { DELETE_KEY_COUNT_MAX } from '../../../model/limits.ts'
import { parseObjectKey } from '../../../model/object-key.ts'
import { childText, findChildText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { nameWriter, writeEncodingType } from './encoded-names.ts'

export interface DeleteMultiple {
  /** The answer names nothing. */
  readonly quiet: boolean
  readonly objects: readonly {
    readonly key: ObjectKey
    readonly versionId: string | undefined
  }[]
}

/** Throws MalformedXML unless there are 1 to 1,000 objects; InvalidObjectName for a wrong key. */
export function readDeleteMultiple(bytes: Uint8Array): DeleteMultiple {
  const root = readXml(bytes, 'Delete')
  const objects = root.children
    .filter(({ name }) => name === 'Object')
    .map((object) => ({
      key: parseObjectKey(childText(object, 'Key')),
      versionId: findChildText(object, 'VersionId')?.trim() || undefined,
    }))
  if (objects.length === 0 || objects.length > DELETE_KEY_COUNT_MAX) {
    throw malformedXml(`There must be 1 to ${DELETE_KEY_COUNT_MAX} objects to delete.`)
  }
  return { quiet: readQuiet(findChildText(root, 'Quiet')), objects }
}

export interface DeletedObjects {
  readonly keys: readonly ObjectKey[]
  readonly quiet: boolean
  readonly urlEncoding: boolean
}

export function writeDeleteMultiple({ keys, quiet, urlEncoding }: DeletedObjects): string {
  const writeName = nameWriter(urlEncoding)
  if (quiet) return xmlDocument('DeleteResult', '')
  let content = writeEncodingType(urlEncoding)
  for (const key of keys) content += xmlGroup('Deleted', xmlElement('Key', writeName(key)))
  return xmlDocument('DeleteResult', content)
}

function readQuiet(text: string | undefined): boolean {
  const word = text?.trim().toLowerCase() ?? 'false'
  if (word === 'true' || word === 'false') return word === 'true'
  throw malformedXml('Quiet must be true or false.')
}
