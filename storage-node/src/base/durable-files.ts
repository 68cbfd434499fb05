/**
 * Making names durable: directories, and files that are replaced as a whole.
 *
 * @module
 */

import { dirname } from 'node:path'
import { hasErrorCode, type Files } from './files.ts'

const UNREADABLE_CODES = ['EACCES', 'EPERM', 'EINVAL']

/**
 * Makes a directory and its parents; all of the path is durable when it resolves. What exists may
 * have been made by a process that was killed before it synced the name, so nothing is skipped.
 */
export async function makeDurableDirectory(files: Files, path: string): Promise<void> {
  await files.makeDirectory(path)
  await files.syncDirectory(dirname(path))
  for (let at = dirname(path); at !== dirname(at);) {
    at = dirname(at)
    try {
      await files.syncDirectory(at)
    } catch (error) {
      // Where this process may not even read, it has made no name.
      if (!UNREADABLE_CODES.some((code) => hasErrorCode(error, code))) throw error
    }
  }
}

/** Writes a small file so that at any time, and after any crash, it is the old or the new one. */
export async function replaceFile(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  await removeIfPresent(files, temporary)
  const file = await files.open(temporary, 'create')
  try {
    await file.write([bytes], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(temporary, path)
  await files.syncDirectory(dirname(path))
}

/** Removes a file; no error where there is none. */
export async function removeIfPresent(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path)
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  }
}
