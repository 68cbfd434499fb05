/**
 * Makes the image of the storage node without a builder of images: the same files as its Dockerfile.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { cpSync, createReadStream, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ensureDebianPackages } from '../support/debian-packages.ts'
import { bedCache, runScript } from './bed.ts'

const root = join(import.meta.dirname, '..', '..')
export const STORAGE_NODE_IMAGE = 'localhost/granary-storage-node:test'

/** What its Dockerfile says, by test. */
export const imagePlan = {
  base: 'node:24-bookworm-slim',
  /** From Debian; the image has its library. */
  packages: ['libatomic1'],
  program: '/app',
  user: '10001:10001',
  environment: ['UV_THREADPOOL_SIZE=16', 'MALLOC_ARENA_MAX=2'],
  command: ['node', '--max-semi-space-size=16', '--enable-source-maps', '/app/main.js'],
} as const

const LIBRARY = '/usr/lib/x86_64-linux-gnu/libatomic.so.1'
const SIZE_BYTES_MAX = 120 * 1024 ** 2

/** Makes it, gives it to every machine of the cluster, and tells its size as registries keep it. */
export async function makeStorageNodeImage(): Promise<void> {
  layStorageNodeImage(STORAGE_NODE_IMAGE, root)
  await tellImageSize(STORAGE_NODE_IMAGE)
}

/** Makes it under a name, of the sources of a checkout. */
export function layStorageNodeImage(image: string, checkout: string): void {
  ensureDebianPackages({ files: [LIBRARY], packages: imagePlan.packages })
  const folder = mkdtempSync(join(tmpdir(), 'granary-image-'))
  try {
    const bundle = [join(checkout, 'storage-node', 'bundle.mjs'), join(folder, imagePlan.program)]
    execFileSync(process.execPath, bundle, { stdio: ['ignore', 2, 2] })
    mkdirSync(join(folder, LIBRARY, '..'), { recursive: true })
    cpSync(realpathSync(LIBRARY), join(folder, LIBRARY))
    const { base, program, user, environment, command } = imagePlan
    const settings = environment.flatMap((each) => ['--env', each])
    const options = ['--base', base, '--workdir', program, '--user', user, ...settings]
    runScript('image', [...options, image, folder, '--', ...command])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As registries keep it; throws if it is too large. */
export async function tellImageSize(image: string): Promise<void> {
  const archive = join(bedCache, 'images', `${image.replaceAll(/[/:]/g, '_')}.tar`)
  let sizeBytes = 0
  const count = new PassThrough().on('data', (piece: Buffer) => (sizeBytes += piece.byteLength))
  await pipeline(createReadStream(archive), createGzip(), count)
  const size = `${(sizeBytes / 1024 ** 2).toFixed(1)} MiB`
  console.log(`The image ${image} has ${size} compressed`)
  if (sizeBytes > SIZE_BYTES_MAX) throw new Error(`${image} has ${size}, more than 120 MiB`)
}
