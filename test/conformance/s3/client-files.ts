/**
 * The files that the clients of the S3 dialect carry to and fro: the same for each.
 *
 * @module
 */

import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compareTrees, hashTree, writeNoise } from '../file-trees.ts'

const MIB = 1024 ** 2
export const SMALL_TEXT = 'Granary keeps grain\n'
/** Names that have to be encoded, one way in a path and another in a query. */
const ODD_NAMES = [
  'with space',
  'plus+and%25',
  'ünï cödé',
  'q?x=1&y',
  "quote'",
  '~tilde',
  '(brace)',
]

/** Files below a folder of a client's own. */
export class ClientFiles {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Copies the tree of `sources`, and adds what is odd and what is large. */
  static async make(folder: string, sources: string): Promise<ClientFiles> {
    const files = new ClientFiles(folder)
    cpSync(sources, files.tree, { recursive: true })
    mkdirSync(join(files.tree, 'odd'))
    for (const name of ODD_NAMES) writeFileSync(join(files.tree, 'odd', name), name)
    writeFileSync(join(files.tree, 'empty'), '')
    writeFileSync(files.small, SMALL_TEXT)
    await writeNoise(files.large, 30 * MIB + 12_345, folder)
    return files
  }

  get tree(): string {
    return join(this.#folder, 'tree')
  }

  get small(): string {
    return join(this.#folder, 'small.txt')
  }

  /** More than six parts of 5 MiB. */
  get large(): string {
    return join(this.#folder, 'large.bin')
  }

  /** Where something is brought to. */
  down(name: string): string {
    return join(this.#folder, `${name}.down`)
  }

  /** Throws unless `folder` holds what the tree does. */
  async mustBeTree(folder: string): Promise<string> {
    const wanted = await hashTree(this.tree)
    compareTrees(wanted, await hashTree(folder))
    return `${wanted.size} files`
  }
}
