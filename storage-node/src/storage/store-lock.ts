/**
 * The lock that keeps a second process out of a store; the kernel releases it when its holder dies.
 *
 * @module
 */

import { open } from 'node:fs/promises'
import { tryLock } from 'fs-native-extensions'

/** A lock that this process holds. */
export interface StoreLock {
  release(): Promise<void>
}

/** Takes the lock on a file, which it makes where there is none; undefined when another holds it. */
export type LockStore = (path: string) => Promise<StoreLock | undefined>

/** The operating system's lock. It belongs to the open file: this process, too, gets it only once. */
export const lockStore: LockStore = async (path) => {
  const handle = await open(path, 'a+', 0o600)
  if (tryLock(handle.fd)) return { release: () => handle.close() }
  await handle.close()
  return undefined
}
