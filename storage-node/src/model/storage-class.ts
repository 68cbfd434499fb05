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

/** Those of which symlinks and growing objects may be (oss.md 5.12, 5.15). */
const LIGHT_CLASSES: ReadonlySet<StorageClass> = new Set(['Standard', 'IA', 'Archive'])

/** Reads the name of a class; `argument` says where it stood. Throws InvalidArgument. */
export function parseStorageClass(argument: string, text: string): StorageClass {
  const storageClass = STORAGE_CLASSES.find((known) => known === text)
  if (storageClass !== undefined) return storageClass
  throw invalidArgument(argument, text, `${argument} must be one of ${STORAGE_CLASSES.join(', ')}.`)
}

/** Whether objects of the class have to be restored before they are read. */
export function isFrozenClass(storageClass: StorageClass): boolean {
  return storageClass !== 'Standard' && storageClass !== 'IA'
}

/** Whether the class is one for symlinks, and for objects that are appended to. */
export function isLightClass(storageClass: StorageClass): boolean {
  return LIGHT_CLASSES.has(storageClass)
}
