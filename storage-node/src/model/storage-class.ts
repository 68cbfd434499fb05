/**
 * Storage classes: what a client chose to pay for speed.
 *
 * @module
 */

import { invalidArgument } from './errors.ts'
import type { StorageClass } from './object.ts'

const STORAGE_CLASSES: readonly StorageClass[] = [
  'Standard',
  'IA',
  'Archive',
  'ColdArchive',
  'DeepColdArchive',
]

/** Reads the name of a class; `argument` says where it stood. Throws InvalidArgument. */
export function parseStorageClass(argument: string, text: string): StorageClass {
  const storageClass = STORAGE_CLASSES.find((known) => known === text)
  if (storageClass !== undefined) return storageClass
  throw invalidArgument(argument, text, `${argument} must be one of ${STORAGE_CLASSES.join(', ')}.`)
}
