/**
 * Paths of the simulated disk, from its root on.
 *
 * @module
 */

/** All names on the way, the root's not among them. */
export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '')
}

/** The last name; empty for the root. */
export function nameOf(path: string): string {
  return namesOf(path).at(-1) ?? ''
}

/** The directory that the last name is in. */
export function parentOf(path: string): string {
  return `/${namesOf(path).slice(0, -1).join('/')}`
}
