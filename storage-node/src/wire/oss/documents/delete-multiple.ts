/**
 * `Delete` and `DeleteResult`: DeleteMultipleObjects (oss.md 1.7).
 *
 * @module
 */

import type { ObjectKey, VersionId } from '../../../model/identifiers.ts'
import { DELETE_KEY_COUNT_MAX } from '../../../model/limits.ts'
import { parseObjectKey } from '../../../model/object-key.ts'
import { formatVersionId, parseVersionId } from '../../../model/version-id.ts'
import { childText, findChildText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { nameWriter, writeEncodingType } from './encoded-names.ts'
import type { WriteName } from './encoded-names.ts'

export interface DeleteMultiple {
  /** The answer names nothing. */
  readonly quiet: boolean
  readonly objects: readonly {
    readonly key: ObjectKey
    /** Undefined: what is current. */
    readonly versionId: VersionId | undefined
    /** That it must have, as sent; no word of the OSS API. */
    readonly etag: string | undefined
  }[]
}

/**
 * Throws MalformedXML unless there are 1 to 1,000 objects; InvalidObjectName for a wrong key,
 * InvalidArgument for a wrong version.
 */
export function readDeleteMultiple(bytes: Uint8Array): DeleteMultiple {
  const root = readXml(bytes, 'Delete')
  const objects = root.children
    .filter(({ name }) => name === 'Object')
    .map((object) => ({
      key: parseObjectKey(childText(object, 'Key')),
      versionId: readVersionId(findChildText(object, 'VersionId')?.trim()),
      etag: findChildText(object, 'ETag')?.trim(),
    }))
  if (objects.length === 0 || objects.length > DELETE_KEY_COUNT_MAX) {
    throw malformedXml(`There must be 1 to ${DELETE_KEY_COUNT_MAX} objects to delete.`)
  }
  return { quiet: readQuiet(findChildText(root, 'Quiet')), objects }
}

/** What became of one of them. */
export interface DeletedObject {
  readonly key: ObjectKey
  /** The version that the request named. */
  readonly named: VersionId | undefined
  /** Of the delete marker that was made or removed, or of what was removed. */
  readonly versionId: VersionId | undefined
  readonly isDeleteMarker: boolean
}

export interface DeletedObjects {
  readonly deleted: readonly DeletedObject[]
  readonly quiet: boolean
  readonly urlEncoding: boolean
}

export function writeDeleteMultiple({ deleted, quiet, urlEncoding }: DeletedObjects): string {
  if (quiet) return xmlDocument('DeleteResult', '')
  const writeName = nameWriter(urlEncoding)
  let content = writeEncodingType(urlEncoding)
  for (const object of deleted) content += xmlGroup('Deleted', writeDeleted(object, writeName))
  return xmlDocument('DeleteResult', content)
}

function writeDeleted(object: DeletedObject, writeName: WriteName): string {
  const { key, named, versionId, isDeleteMarker } = object
  const name = xmlElement('Key', writeName(key))
  const version = named === undefined ? '' : xmlElement('VersionId', formatVersionId(named))
  if (!isDeleteMarker || versionId === undefined) return name + version
  const marker = xmlElement('DeleteMarkerVersionId', formatVersionId(versionId))
  return name + version + xmlElement('DeleteMarker', true) + marker
}

function readVersionId(text: string | undefined): VersionId | undefined {
  return text ? parseVersionId('VersionId', text) : undefined
}

function readQuiet(text: string | undefined): boolean {
  const word = text?.trim().toLowerCase() ?? 'false'
  if (word === 'true' || word === 'false') return word === 'true'
  throw malformedXml('Quiet must be true or false.')
}
