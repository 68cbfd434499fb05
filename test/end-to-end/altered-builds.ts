/**
 * The build that comes after this one: what storage nodes say to each other, and what they store, has a version that
 * is one higher.
 *
 * @module
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layStorageNodeImage } from '../cluster/storage-node-image.ts'

export const NEXT_IMAGE = 'localhost/granary-storage-node:next'

const root = join(import.meta.dirname, '..', '..')
/** Where versions are said. */
const VERSIONS = [
  { file: 'storage-node/src/wire/peer/hello.ts', name: 'PROTOCOL_VERSION' },
  { file: 'storage-node/src/wire/stored/store-identity.ts', name: 'STORE_FORMAT_VERSION' },
]

/** Makes its image, and gives it to every machine of the cluster. */
export async function makeNextImage(): Promise<void> {
  const checkout = mkdtempSync(join(tmpdir(), 'granary-next-'))
  try {
    cpSync(join(root, 'storage-node'), join(checkout, 'storage-node'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
    for (const { file, name } of VERSIONS) raise(join(checkout, file), name)
    layStorageNodeImage(NEXT_IMAGE, checkout)
  } finally {
    rmSync(checkout, { recursive: true })
  }
}

function raise(path: string, name: string): void {
  const text = readFileSync(path, 'utf8')
  const said = new RegExp(`(?<=^export const ${name} = )\\d+$`, 'm')
  if (!said.test(text)) throw new Error(`${path} does not say ${name}`)
  writeFileSync(
    path,
    text.replace(said, (version) => String(Number(version) + 1)),
  )
}
