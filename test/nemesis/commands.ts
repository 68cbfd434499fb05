/**
 * Runs the commands of the machine that networks and volumes are made with.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { ensureDebianPackages, findCommand } from '../support/debian-packages.ts'

/** Makes sure that they are there. */
export function ensureCommands(): void {
  ensureDebianPackages({ files: ['ip'], packages: ['iproute2'] })
  ensureDebianPackages({ files: ['nft'], packages: ['nftables'] })
  ensureDebianPackages({ files: ['mkfs.ext4'], packages: ['e2fsprogs'] })
  ensureDebianPackages({ files: ['openssl'], packages: ['openssl'] })
}

/** Resolves with what it wrote; rejects with what it complained about. `input` is its standard input. */
export function run(name: string, words: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(findCommand(name) ?? name, words, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else
        reject(new Error(`${name} ${words.join(' ')} failed: ${stderr.trim()}`, { cause: error }))
    })
    // One that ends without reading has said why on its standard error.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
  })
}
