/**
 * The trees that are measured: this one, and another commit beside it.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A tree with everything installed that a server needs. */
export interface Checkout {
  readonly directory: string
  /** What the report calls it. */
  readonly name: string
  remove(): void
}

const root = join(import.meta.dirname, '..', '..')

/** The tree this file lies in, as it is, changes included. */
export function workingTree(): Checkout {
  return { directory: root, name: 'this tree', remove() {} }
}

/** A commit, checked out for the length of the run. */
export function checkOut(ref: string): Checkout {
  const directory = join(mkdtempSync(join(tmpdir(), 'granary-bench-')), 'tree')
  const remove = () => {
    git('worktree', 'remove', '--force', directory)
    rmSync(join(directory, '..'), { recursive: true, force: true })
  }
  git('worktree', 'add', '--quiet', '--detach', '--force', directory, ref)
  try {
    install(directory)
  } catch (error) {
    remove()
    throw error
  }
  return { directory, name: commitName(ref), remove }
}

function install(directory: string): void {
  const lockOf = (tree: string) => readFileSync(join(tree, 'package-lock.json'), 'utf8')
  if (lockOf(directory) === lockOf(root)) {
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  } else {
    execFileSync('npm', ['ci', '--loglevel=error'], { cwd: directory, stdio: ['ignore', 2, 2] })
  }
}

function commitName(ref: string): string {
  return git('rev-parse', '--short', ref)
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
}
