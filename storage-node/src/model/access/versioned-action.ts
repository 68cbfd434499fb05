/**
 * Actions on a version that is named, which policies tell from those on the current one (oss.md 2.7).
 *
 * @module
 */

const VERSIONED: Readonly<Record<string, string>> = {
  'oss:GetObject': 'oss:GetObjectVersion',
  'oss:DeleteObject': 'oss:DeleteObjectVersion',
  'oss:GetObjectAcl': 'oss:GetObjectVersionAcl',
  'oss:PutObjectAcl': 'oss:PutObjectVersionAcl',
  'oss:GetObjectTagging': 'oss:GetObjectVersionTagging',
  'oss:PutObjectTagging': 'oss:PutObjectVersionTagging',
  'oss:DeleteObjectTagging': 'oss:DeleteObjectVersionTagging',
  'oss:RestoreObject': 'oss:RestoreObjectVersion',
}

/** The action of a request that names a version; of one that has no such form, the action itself. */
export function versionedAction(action: string): string {
  return VERSIONED[action] ?? action
}
