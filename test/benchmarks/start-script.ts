/**
 * How `npm start` runs the server, so that the benchmarks run it likewise.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The arguments for Node itself that a tree's `npm start` gives. */
export function startArguments(tree: string): string[] {
  const manifest = JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8')) as Manifest
  return parseStartArguments(manifest.scripts.start)
}

interface Manifest {
  readonly scripts: { readonly start: string }
}

/** The same out of the script's text. */
export function parseStartArguments(script: string): string[] {
  const [, words = ''] = /\bnode ((?:-\S+ )*)\S+\/run\.mjs /.exec(script) ?? []
  return words.split(' ').filter((word) => word !== '')
}
