/**
 * The part of the package that is used; it has no types of its own.
 *
 * @module
 */

declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on the whole file; false when another open file holds one. */
  export function tryLock(fd: number): boolean
}
