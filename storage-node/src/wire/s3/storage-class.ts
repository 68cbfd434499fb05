/**
 * Storage classes as S3 clients call them.
 *
 * The two colder classes that S3 knows stand for what behaves like them: objects have to be restored.
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'
import type { StorageClass } from '../../model/object.ts'

const NAMES: Readonly<Record<StorageClass, string>> = {
  Standard: 'STANDARD',
  IA: 'STANDARD_IA',
  Archive: 'GLACIER',
  ColdArchive: 'GLACIER',
  DeepColdArchive: 'DEEP_ARCHIVE',
}
const CLASSES: Readonly<Record<string, StorageClass | undefined>> = {
  STANDARD: 'Standard',
  STANDARD_IA: 'IA',
  GLACIER: 'Archive',
  DEEP_ARCHIVE: 'DeepColdArchive',
}

export function s3StorageClass(storageClass: StorageClass): string {
  return NAMES[storageClass]
}

/** Throws InvalidStorageClass for one that is none here: nothing is kept otherwise than was asked. */
export function parseS3StorageClass(text: string): StorageClass {
  const storageClass = Object.hasOwn(CLASSES, text) ? CLASSES[text] : undefined
  if (storageClass !== undefined) return storageClass
  throw new OssError('InvalidStorageClass', {
    details: [{ name: 'StorageClassRequested', value: text }],
  })
}
