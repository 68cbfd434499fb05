/**
 * Where the programs of a storage node are: beside each other, as sources and in a bundle.
 *
 * @module
 */

import { extname } from 'node:path'

/** The program of a process or of a worker thread. */
export function programUrl(name: 'main' | 'beacon-thread' | 'hash-thread'): URL {
  return new URL(`./${name}${extname(import.meta.url)}`, import.meta.url)
}
