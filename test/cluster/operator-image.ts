/**
 * Makes the image of the operator without a builder of images: the same files as its Dockerfile.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runScript } from './bed.ts'
import { tellImageSize } from './storage-node-image.ts'

const root = join(import.meta.dirname, '..', '..')
export const OPERATOR_IMAGE = 'localhost/granary-operator:test'

/** What its Dockerfile says, by test. */
export const operatorImagePlan = {
  base: 'node:24-bookworm-slim',
  program: '/app',
  user: '10001:10001',
  command: ['node', '--enable-source-maps', '/app/main.js'],
} as const

/** Makes it, gives it to every machine of the cluster, and tells its size as registries keep it. */
export async function makeOperatorImage(): Promise<void> {
  layOperatorImage(OPERATOR_IMAGE)
  await tellImageSize(OPERATOR_IMAGE)
}

/** Makes it under a name. */
export function layOperatorImage(image: string): void {
  const { base, program, user, command } = operatorImagePlan
  const folder = mkdtempSync(join(tmpdir(), 'granary-image-'))
  try {
    const bundle = [join(root, 'operator', 'bundle.mjs'), join(folder, program)]
    execFileSync(process.execPath, bundle, { stdio: ['ignore', 2, 2] })
    const options = ['--base', base, '--workdir', program, '--user', user]
    runScript('image', [...options, image, folder, '--', ...command])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
