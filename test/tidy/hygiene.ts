/**
 * What must not be in the tree: paths of somebody's machine, registry hosts, skipped tests, links to nowhere.
 *
 * @module
 */

import { posix } from 'node:path'
import type { Problem, TextFile } from './source-tree.ts'

const FOREIGN: readonly { pattern: RegExp; what: string }[] = [
  {
    pattern: /(?<![\w.$}/])\/(work|root|home\/(?!somebody\/)\w+|Users\/\w+)\/[\w.-]/,
    what: 'a path of one machine',
  },
  {
    pattern: /https?:\/\/[\w.-]*(registry|artifactory|nexus|npmmirror|goproxy|pypi)[\w.-]*/i,
    what: 'a registry host',
  },
  { pattern: /^\s*"resolved": "https?:/m, what: 'a registry host in the lock file' },
  { pattern: /^(@\w+:)?registry\s*=/m, what: 'a registry setting' },
]

const SKIPPED =
  /\b(?:(?:test|it|describe)\.(?:skip|only|todo|failing)|(?:x(?:test|it|describe)|f(?:it|describe))(?=[(.`])|jest\.retryTimes)\b/

/** Paths and hosts that mean something on one machine only. */
export function findForeign(files: readonly TextFile[]): Problem[] {
  return files.flatMap(({ path, text }) =>
    FOREIGN.filter(({ pattern }) => pattern.test(text)).map(({ pattern, what }) => {
      return `${path}: ${what}: ${pattern.exec(text)?.[0]}`
    }),
  )
}

/** Tests that do not run, or run again until they pass. */
export function findSkipped(files: readonly TextFile[]): Problem[] {
  return files
    .filter(({ path, text }) => /\.(test|compliance)\.ts$/.test(path) && SKIPPED.test(text))
    .map(
      ({ path, text }) =>
        `${path}: no test is skipped, singled out or retried: ${SKIPPED.exec(text)?.[0]}`,
    )
}

/** Links in Markdown pages that point to no file or folder of the tree. */
export function findDeadLinks(files: readonly TextFile[]): Problem[] {
  const paths = new Set(files.flatMap(({ path }) => [path, ...foldersOf(path)]))
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target.replace(/#.*$/, ''))
        .filter((target) => target !== '' && !/^\w+:/.test(target))
        .filter((target) => !paths.has(resolveLink(path, target)))
        .map((target) => `${path}: links to ${target}, which is not there`),
    )
}

/** Packages that something in the lock file may need and that it does not have: `npm ci` refuses such a lock. */
export function findUnlocked(lock: PackageLock): Problem[] {
  const names = new Set(
    Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)),
  )
  return Object.entries(lock.packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !names.has(name))
      .map((name) => `package-lock.json: ${path} needs ${name}, which is not locked`),
  )
}

/** The part of package-lock.json that matters here. */
export interface PackageLock {
  readonly packages: Readonly<
    Record<string, { readonly dependencies?: object; readonly optionalDependencies?: object }>
  >
}

function resolveLink(page: string, target: string): string {
  return posix.join(posix.dirname(page), target).replace(/\/$/, '')
}

function foldersOf(path: string): string[] {
  const folder = posix.dirname(path)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}
