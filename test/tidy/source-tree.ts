/**
 * The tree as the tidy rules see it: files with their text, and TypeScript files parsed.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

/** A text file; `path` is relative to the root of the tree, with slashes. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** A TypeScript file. */
export interface SourceFile extends TextFile {
  readonly syntax: ts.SourceFile
}

/** What a rule found: where, and what must be instead. */
export type Problem = string

/** The storage node's sources. */
export const PRODUCT = 'storage-node/src/'
/** The operator's. */
export const OPERATOR = 'operator/src/'
/** Sources that become part of images. */
export const PRODUCTS: readonly string[] = [PRODUCT, OPERATOR]

const root = join(import.meta.dirname, '..', '..')
const NOT_OURS = new Set(['.git', 'node_modules', 'coverage'])

/** Reads every text file of the tree. */
export function readTree(): TextFile[] {
  return listFiles('').map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (NOT_OURS.has(entry.name)) return []
    return entry.isDirectory() ? listFiles(path) : [path]
  })
}

/** Parses the TypeScript files among `files`. */
export function parseSources(files: readonly TextFile[]): SourceFile[] {
  return files.filter(({ path }) => path.endsWith('.ts')).map(parseSource)
}

/** Parses one file. */
export function parseSource({ path, text }: TextFile): SourceFile {
  return { path, text, syntax: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
}

/** Whether a file exists for tests only: `*.test.ts`, `*.compliance.ts`. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.(test|compliance)\.ts$/.test(path)
}

/** A product file's folder below `src/`, or undefined for the roots that lie directly in it. */
export function productFolder(path: string): string | undefined {
  const product = productOf(path)
  const [folder, ...rest] = path.slice(product?.length).split('/')
  return product !== undefined && rest.length > 0 ? folder : undefined
}

/** The sources that a file is among, or undefined for what is no part of an image. */
export function productOf(path: string): string | undefined {
  return PRODUCTS.find((product) => path.startsWith(product))
}

/** Composition roots: where parts meet, time, chance and settings come in. */
export function isRoot(path: string): boolean {
  return (
    productFolder(path) === undefined &&
    /^(main|cosi-main|local|generate|.*-thread)\.ts$/.test(posix.basename(path))
  )
}

/** Calls `visit` for every node below `node`. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** `path:line` of a node. */
export function position(file: SourceFile, node: ts.Node): string {
  const { line } = file.syntax.getLineAndCharacterOfPosition(node.getStart(file.syntax))
  return `${file.path}:${line + 1}`
}
