/**
 * `DeleteResult`: what became of each object that DeleteObjects named.
 *
 * @module
 */

import { formatVersionId } from '../../../model/version-id.ts'
import type { ObjectKey, VersionId } from '../../../model/identifiers.ts'
import type { DeletedObject } from '../../oss/documents/delete-multiple.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import type { S3Error } from '../errors.ts'

/** One that was not deleted, and why. */
export interface KeptObject {
  readonly key: ObjectKey
  readonly named: VersionId | undefined
  readonly error: S3Error
}

/** Of those that were deleted, a quiet answer tells nothing. */
export function writeDeleteResult(
  objects: readonly (DeletedObject | KeptObject)[],
  quiet: boolean,
): string {
  let content = ''
  for (const object of objects) {
    if ('error' in object) content += xmlGroup('Error', writeKept(object))
    else if (!quiet) content += xmlGroup('Deleted', writeDeleted(object))
  }
  return xmlDocument('DeleteResult', content)
}

function writeDeleted({ key, named, versionId, isDeleteMarker }: DeletedObject): string {
  const head = writeNamed(key, named)
  if (!isDeleteMarker || versionId === undefined) return head
  const marker = xmlElement('DeleteMarkerVersionId', formatVersionId(versionId))
  return head + xmlElement('DeleteMarker', true) + marker
}

function writeKept({ key, named, error }: KeptObject): string {
  const why = xmlElement('Code', error.code) + xmlElement('Message', error.message)
  return writeNamed(key, named) + why
}

function writeNamed(key: ObjectKey, named: VersionId | undefined): string {
  const version = named === undefined ? '' : xmlElement('VersionId', formatVersionId(named))
  return xmlElement('Key', key) + version
}
