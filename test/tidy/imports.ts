/**
 * Who may import whom: the order of folders, one folder for each third-party package, no file that nothing imports.
 *
 * @module
 */

import { posix } from 'node:path'
import ts from 'typescript'
import { isTest, position, PRODUCT, productFolder, walk } from './source-tree.ts'
import type { Problem, SourceFile } from './source-tree.ts'

/** A file imports from its own folder and from earlier lines; folders on one line do not know each other. */
const LINES: readonly (readonly string[])[] = [
  ['base'],
  ['contract'],
  ['model', 'replication', 'placement', 'kubernetes'],
  ['wire'],
  ['storage'],
  ['cluster'],
  ['services'],
  ['maintenance', 'api', 'admin'],
]

/** What test/ may import from the storage node: its published words and one entry. */
const OPEN_TO_TESTS = [`${PRODUCT}base/`, `${PRODUCT}contract/`, `${PRODUCT}testing.ts`]

interface Import {
  readonly from: SourceFile
  readonly specifier: string
  /** The imported file; undefined for a package. */
  readonly path: string | undefined
  readonly node: ts.Node
}

/** Imports against the order of folders. */
export function findWrongDirections(files: readonly SourceFile[]): Problem[] {
  return files.flatMap(importsOf).flatMap((item) => {
    if (item.path === undefined || !item.path.startsWith(PRODUCT)) return wrongWayOut(item)
    const refusal = item.from.path.startsWith('test/')
      ? testMayNot(item.path)
      : mayNot(item.from.path, item.path)
    return refusal === undefined ? [] : [`${position(item.from, item.node)}: ${refusal}`]
  })
}

function wrongWayOut({ from, node, path }: Import): Problem[] {
  if (path === undefined || !from.path.startsWith(PRODUCT) || isTest(from.path)) return []
  return [`${position(from, node)}: product code imports only product code, this is ${path}`]
}

function testMayNot(target: string): string | undefined {
  if (OPEN_TO_TESTS.some((prefix) => target.startsWith(prefix))) return undefined
  return `test/ imports only base/, contract/ and testing.ts of the storage node, this is ${target}`
}

function mayNot(path: string, target: string): string | undefined {
  const from = productFolder(path)
  const to = productFolder(target)
  // Files directly in src/ sit above all.
  if (from === undefined || from === to) return undefined
  if (to === undefined) return `${from}/ must not import the root ${target}`
  const [lineFrom, lineTo] = [lineOf(from), lineOf(to)]
  if (lineFrom === -1 || lineTo === -1)
    return `${lineFrom === -1 ? from : to}/ has no place in the order of folders`
  return lineTo < lineFrom ? undefined : `${from}/ must not import ${to}/`
}

function lineOf(folder: string): number {
  return LINES.findIndex((line) => line.includes(folder))
}

/** Runtime packages that are imported in no folder or in several. Fixtures may use what tests use. */
export function findScatteredPackages(
  files: readonly SourceFile[],
  dependencies: readonly string[],
): Problem[] {
  const product = files.filter(({ path }) => path.startsWith(PRODUCT) && !isTest(path))
  const imports = product
    .filter(({ path }) => !path.endsWith('-fixtures.ts'))
    .flatMap(importsOf)
    .filter(({ path, specifier }) => path === undefined && !isBuiltIn(specifier))
  const undeclared = imports
    .filter(({ specifier }) => !dependencies.includes(packageName(specifier)))
    .map(
      ({ from, node, specifier }) =>
        `${position(from, node)}: ${specifier} is no dependency of the storage node`,
    )
  const scattered = dependencies.flatMap((name) => {
    const mine = imports.filter(({ specifier }) => packageName(specifier) === name)
    const folders = new Set(mine.map(({ from }) => productFolder(from.path) ?? '(roots)'))
    return folders.size === 1
      ? []
      : [`${name} must be imported in exactly one folder, is in: ${[...folders].join(' ')}`]
  })
  return [...undeclared, ...scattered]
}

function isBuiltIn(specifier: string): boolean {
  return specifier.startsWith('node:')
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Files that nothing runs: not an entry, not a test, and imported by nothing but their own test. */
export function findUnimported(
  files: readonly SourceFile[],
  entries: readonly string[],
): Problem[] {
  const imported = new Set<string>()
  for (const { from, path } of files.flatMap(importsOf)) {
    if (path !== undefined && ownTestOf(path) !== from.path) imported.add(path)
  }
  return files
    .filter(({ path }) => !path.endsWith('.test.ts') && !path.endsWith('.d.ts'))
    .filter(({ path }) => !entries.includes(path) && !imported.has(path))
    .map(({ path }) => `${path}: nothing imports it`)
}

function ownTestOf(path: string): string {
  return path.replace(/\.ts$/, '.test.ts')
}

function importsOf(file: SourceFile): Import[] {
  const found: Import[] = []
  walk(file.syntax, (node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    const path = specifier.startsWith('.')
      ? posix.join(posix.dirname(file.path), specifier)
      : undefined
    found.push({ from: file, specifier, path, node })
  })
  return found
}

function specifierOf(node: ts.Node): string | undefined {
  const specifier =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && isLoader(node.expression)
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined
  return specifier && ts.isStringLiteral(specifier) ? specifier.text : undefined
}

/** `import('x')`, `require('x')`, `require.resolve('x')`, and `new URL`s of workers are calls of neither. */
function isLoader(expression: ts.Expression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    /^require(\.resolve)?$/.test(expression.getText())
  )
}
