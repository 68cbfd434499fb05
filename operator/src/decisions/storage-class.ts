/**
 * Whether the volumes that a Region asks for can be had, and how they are mounted.
 *
 * @module
 */

import { listed, type Refusal } from './refusal.ts'

/** A StorageClass as far as it matters. */
export interface KnownClass {
  readonly name: string
  readonly provisioner: string
  readonly isDefault: boolean
  readonly mayGrow: boolean
}

export type ClassDecision =
  | { readonly kind: 'usable'; readonly storageClass: KnownClass }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Provisioners of file systems that several machines mount at once. */
const SHARED = /nfs|cephfs|efs\.csi|azure-?file|filestore|glusterfs|smb\.csi|juicefs|lustre|nas/i

/** The class of the volumes, or what has to be set. */
export function decideClass(wanted: string | null, classes: readonly KnownClass[]): ClassDecision {
  const names = classes.length === 0 ? 'none' : listed(classes.map(({ name }) => name))
  const found = classes.find(({ name, isDefault }) =>
    wanted === null ? isDefault : name === wanted,
  )
  if (found === undefined) {
    const what =
      wanted === null
        ? 'The cluster has no default StorageClass'
        : `There is no StorageClass ${wanted}`
    const message = `${what} (there are: ${names}): set spec.storage.storageClassName to one of block devices`
    return { kind: 'refused', refusal: { reason: 'NoStorageClass', message } }
  }
  if (SHARED.test(found.provisioner)) {
    const message =
      `StorageClass ${found.name} (${found.provisioner}) is a file system that several machines mount; ` +
      'a store needs a volume of its own: name a class of block devices in spec.storage.storageClassName'
    return { kind: 'refused', refusal: { reason: 'SharedFileSystem', message } }
  }
  return { kind: 'usable', storageClass: found }
}
