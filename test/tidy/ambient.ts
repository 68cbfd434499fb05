/**
 * Time, chance and settings are collaborators: what reads them from the air is found, and so is waiting in a pure folder.
 *
 * @module
 */

import ts from 'typescript'
import { isRoot, isTest, position, productFolder, productOf, walk } from './source-tree.ts'
import type { Problem, SourceFile } from './source-tree.ts'

/** Names that mean the machine's clock, its timers or its dice when they are called. */
const AMBIENT_CALLS =
  /^(globalThis\.)?(Date|Date\.now|performance\.\w+|process\.(hrtime(\.bigint)?|uptime)|set(Timeout|Interval|Immediate)|AbortSignal\.timeout|Math\.random)$/
const RANDOM_NAMES = /^(random\w*|getRandomValues|webcrypto)$/
const AMBIENT_MODULES = /^(node:)?(timers(\/promises)?|perf_hooks)$/

/** Folders whose code never waits. */
const PURE_FOLDERS = ['model', 'wire', 'replication', 'placement', 'desired', 'decisions']

/** Uses of ambient time, chance and settings outside base/ and the composition roots. */
export function findAmbient(files: readonly SourceFile[]): Problem[] {
  return files
    .filter(({ path }) => productOf(path) !== undefined && !isTest(path))
    .filter(({ path }) => productFolder(path) !== 'base' && !isRoot(path))
    .flatMap((file) => findNodes(file, ambientOf))
}

function findNodes(file: SourceFile, nameOf: (node: ts.Node) => string | undefined): Problem[] {
  const problems: Problem[] = []
  walk(file.syntax, (node) => {
    const name = nameOf(node)
    if (name !== undefined) problems.push(`${position(file, node)}: ${name}`)
  })
  return problems
}

function ambientOf(node: ts.Node): string | undefined {
  const asArgument = 'comes as an argument (base/clock.ts, base/random.ts)'
  if (ts.isCallExpression(node) && AMBIENT_CALLS.test(node.expression.getText())) {
    return `${node.expression.getText()} ${asArgument}`
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
    return `the current time ${asArgument}`
  }
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') {
    return 'process.env is read by composition roots only'
  }
  if (ts.isPropertyAccessExpression(node) && /crypto$/i.test(node.expression.getText())) {
    return RANDOM_NAMES.test(node.name.text) ? `${node.getText()} ${asArgument}` : undefined
  }
  return ts.isImportDeclaration(node) ? ambientImport(node, asArgument) : undefined
}

function ambientImport(node: ts.ImportDeclaration, asArgument: string): string | undefined {
  const specifier = (node.moduleSpecifier as ts.StringLiteral).text
  if (AMBIENT_MODULES.test(specifier)) return `${specifier} ${asArgument}`
  const named = node.importClause?.namedBindings
  if (named === undefined || !ts.isNamedImports(named)) return undefined
  const names = named.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
  if (/^(node:)?crypto$/.test(specifier)) {
    const random = names.find((name) => RANDOM_NAMES.test(name))
    return random && `${random} ${asArgument}`
  }
  return /^(node:)?process$/.test(specifier) && names.includes('env')
    ? 'process.env is read by composition roots only'
    : undefined
}

/** Waiting in a folder of pure functions: `await`, `async`, `.then(…)`. */
export function findWaiting(files: readonly SourceFile[]): Problem[] {
  return files
    .filter(({ path }) => PURE_FOLDERS.includes(productFolder(path) ?? '') && !isTest(path))
    .flatMap((file) => findNodes(file, waitingOf))
}

function waitingOf(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) {
    return 'a pure folder contains no await'
  }
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'a pure folder contains no async function'
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    return node.expression.name.text === 'then' ? 'a pure folder waits for nothing' : undefined
  }
  return undefined
}
