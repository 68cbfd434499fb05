/**
 * Who may import whom: the order of folders, one folder for each third-party package, no file that nothing imports.
 *
 * @module
 */

import { posix } from 'node:path'
import ts from 'typescript'
import {
  isTest,
  OPERATOR,
  position,
  PRODUCT,
  productFolder,
  productOf,
  walk,
} from './source-tree.ts'
import type { Problem, SourceFile } from './source-tree.ts'

/** A file imports from its own folder and from earlier lines; folders on one line do not know each other. */
const LINES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  [PRODUCT]: [
    ['base'],
    ['contract'],
    ['model', 'replication', 'placement', 'kubernetes'],
    ['wire'],
    ['storage'],
    ['cluster'],
    ['services'],
    ['maintenance', 'api', 'admin'],
  ],
  [OPERATOR]: [
    ['resources'],
    ['desired', 'decisions', 'runtime'],
    ['kubernetes', 'storage-nodes', 'certificates'],
    ['reconcilers', 'cosi'],
  ],
}

/** What test/ may import from the products: published words and their entries. */
const OPEN_TO_TESTS = [
  ...[`${PRODUCT}base/`, `${PRODUCT}contract/`, `${PRODUCT}testing.ts`],
  `${OPERATOR}testing.ts`,
]

/** What the operator may import from the storage node: pure code with one owner, and the reflector. */
const OPEN_TO_OPERATOR = ['base', 'contract', 'placement', 'kubernetes']

/** `@granary/storage-node/base/clock` is a file of the tree. */
const OWN_PACKAGE = /^@granary\/([a-z-]+)\/(.+)$/

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
    if (item.path === undefined || productOf(item.path) === undefined) return wrongWayOut(item)
    const refusal = item.from.path.startsWith('test/')
      ? testMayNot(item.path)
      : mayNot(item.from.path, item.path)
    return refusal === undefined ? [] : [`${position(item.from, item.node)}: ${refusal}`]
  })
}

function wrongWayOut({ from, node, path }: Import): Problem[] {
  if (path === undefined || productOf(from.path) === undefined || isTest(from.path)) return []
  return [`${position(from, node)}: product code imports only product code, this is ${path}`]
}

function testMayNot(target: string): string | undefined {
  if (OPEN_TO_TESTS.some((prefix) => target.startsWith(prefix))) return undefined
  return `test/ imports only base/, contract/ and testing.ts of a product, this is ${target}`
}

function mayNot(path: string, target: string): string | undefined {
  const product = productOf(path)
  const from = productFolder(path)
  const to = productFolder(target)
  if (product !== productOf(target)) {
    if (product === OPERATOR && OPEN_TO_OPERATOR.includes(to ?? '')) return undefined
    return `the operator imports only ${OPEN_TO_OPERATOR.join(', ')} of the storage node, which imports nothing of the operator, this is ${target}`
  }
  // Files directly in src/ sit above all.
  if (from === undefined || from === to) return undefined
  if (to === undefined) return `${from}/ must not import the root ${target}`
  const [lineFrom, lineTo] = [lineOf(product, from), lineOf(product, to)]
  if (lineFrom === -1 || lineTo === -1)
    return `${lineFrom === -1 ? from : to}/ has no place in the order of folders`
  return lineTo < lineFrom ? undefined : `${from}/ must not import ${to}/`
}

function lineOf(product: string | undefined, folder: string): number {
  return LINES[product ?? '']?.findIndex((line) => line.includes(folder)) ?? -1
}

/** A product, what its manifest says that it needs, and whose types it may use in every folder. */
export interface Dependencies {
  readonly product: string
  readonly names: readonly string[]
  readonly typesOf?: readonly string[]
}

/** Runtime packages that are imported in no folder or in several. Fixtures may use what tests use. */
export function findScatteredPackages(
  files: readonly SourceFile[],
  { product, names, typesOf = [] }: Dependencies,
): Problem[] {
  const imports = files
    .filter(({ path }) => path.startsWith(product) && !isTest(path))
    .filter(({ path }) => !path.endsWith('-fixtures.ts'))
    .flatMap(importsOf)
    .filter(({ path, specifier }) => path === undefined && !isBuiltIn(specifier))
  const undeclared = imports
    .filter(({ specifier }) => !names.includes(packageName(specifier)))
    .map(
      ({ from, node, specifier }) =>
        `${position(from, node)}: ${specifier} is no dependency of ${product}`,
    )
  const scattered = names.flatMap((name) => {
    const mine = imports
      .filter(({ specifier }) => packageName(specifier) === name)
      .filter(({ node }) => !typesOf.includes(name) || !isTypeOnly(node))
    const folders = new Set(mine.map(({ from }) => productFolder(from.path) ?? '(roots)'))
    return folders.size === 1
      ? []
      : [`${name} must be imported in exactly one folder, is in: ${[...folders].join(' ')}`]
  })
  return [...undeclared, ...scattered]
}

function isTypeOnly(node: ts.Node): boolean {
  return (
    ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
  )
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
    found.push({ from: file, specifier, path: pathOf(file, specifier), node })
  })
  return found
}

function pathOf({ path }: SourceFile, specifier: string): string | undefined {
  const [, name, inside] = OWN_PACKAGE.exec(specifier) ?? []
  if (inside !== undefined) return `${name}/src/${inside}.ts`
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
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
