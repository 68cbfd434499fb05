/**
 * Builds that are not this one: what comes after it, and one on a machine whose clock can be set.
 *
 * @module
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { podPaths } from '../../storage-node/src/contract/storage-node-pod.ts'
import { layStorageNodeImage } from '../cluster/storage-node-image.ts'

export const NEXT_IMAGE = 'localhost/granary-storage-node:next'
export const CLOCK_IMAGE = 'localhost/granary-storage-node:clock'

/** On the volume of a storage node of `CLOCK_IMAGE`: milliseconds by which its clock is ahead. */
export const CLOCK_FILE = `${podPaths.volume}/clock-ahead-ms`

const root = join(import.meta.dirname, '..', '..')
/** Where versions are said. */
const VERSIONS = [
  { file: 'storage-node/src/wire/peer/hello.ts', name: 'PROTOCOL_VERSION' },
  { file: 'storage-node/src/wire/stored/store-identity.ts', name: 'STORE_FORMAT_VERSION' },
]

/** Makes the image of a build whose messages and records have a version that is one higher. */
export async function makeNextImage(): Promise<void> {
  makeAltered(NEXT_IMAGE, (checkout) => {
    for (const { file, name } of VERSIONS) {
      const said = new RegExp(`(?<=^export const ${name} = )\\d+$`, 'm')
      alter(join(checkout, file), said, (version) => String(Number(version) + 1))
    }
  })
}

/** Makes the image of a build that adds to the wall clock what a file says; it looks at each reading. */
export async function makeClockImage(): Promise<void> {
  const addition = `
import { readFileSync } from 'node:fs'

function aheadMs(): number {
  try {
    return Number(readFileSync('${CLOCK_FILE}', 'utf8'))
  } catch {
    return 0
  }
}
`
  makeAltered(CLOCK_IMAGE, (checkout) => {
    const file = join(checkout, 'storage-node/src/base/clock.ts')
    alter(file, /(?<=^ {2}nowMs: \(\) => )Date\.now\(\)(?=,$)/m, () => 'Date.now() + aheadMs()')
    writeFileSync(file, `${readFileSync(file, 'utf8')}${addition}`)
  })
}

/** Gives an altered copy of the storage node to every machine of the cluster. */
function makeAltered(image: string, change: (checkout: string) => void): void {
  const checkout = mkdtempSync(join(tmpdir(), 'granary-altered-'))
  try {
    cpSync(join(root, 'storage-node'), join(checkout, 'storage-node'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
    change(checkout)
    layStorageNodeImage(image, checkout)
  } finally {
    rmSync(checkout, { recursive: true })
  }
}

function alter(path: string, what: RegExp, by: (found: string) => string): void {
  const text = readFileSync(path, 'utf8')
  if (!what.test(text)) throw new Error(`${path} does not say ${what.source}`)
  writeFileSync(path, text.replace(what, by))
}
