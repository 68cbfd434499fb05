/**
 * The shape of files and functions: how long, and that a file says what it is for.
 *
 * @module
 */

import ts from 'typescript'
import { position, walk } from './source-tree.ts'
import type { Problem, SourceFile } from './source-tree.ts'

/** No file is longer. */
export const FILE_LINES_MAX = 500
/** No function is longer. */
export const FUNCTION_LINES_MAX = 70

/** Files longer than a file may be. */
export function findLongFiles(files: readonly SourceFile[]): Problem[] {
  return files
    .map((file) => ({ path: file.path, lines: fileLines(file) }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(
      ({ path, lines }) => `${path}: a file has at most ${FILE_LINES_MAX} lines, this one ${lines}`,
    )
}

/** Functions longer than a function may be; a test's body counts like any other. */
export function findLongFunctions(files: readonly SourceFile[]): Problem[] {
  return files.flatMap((file) =>
    functionsOf(file)
      .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .map(({ node, lines }) => {
        return `${position(file, node)}: a function has at most ${FUNCTION_LINES_MAX} lines, this one ${lines}`
      }),
  )
}

/** The number of lines of a file. */
export function fileLines({ text }: SourceFile): number {
  return text.replace(/\n$/, '').split('\n').length
}

/** Every function with a body and its lines; groups of tests do not count. */
export function functionsOf(file: SourceFile): { node: ts.Node; lines: number }[] {
  const found: { node: ts.Node; lines: number }[] = []
  walk(file.syntax, (node) => {
    if (!isFunctionWithBody(node) || isTestGroup(node)) return
    const lineAt = (at: number) => file.syntax.getLineAndCharacterOfPosition(at).line
    found.push({ node, lines: lineAt(node.end) - lineAt(node.getStart(file.syntax)) + 1 })
  })
  return found
}

function isFunctionWithBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

/** What registers tests: the callback of a `describe`, the function that a compliance suite exports. */
function isTestGroup(node: ts.FunctionLikeDeclaration): boolean {
  if (ts.isCallExpression(node.parent))
    return node.parent.expression.getText().startsWith('describe')
  return (
    node.getSourceFile().fileName.endsWith('.compliance.ts') &&
    /^\s*(test|describe)\b/m.test(node.getText())
  )
}

/** Files that do not open with a comment that says what they are for; a test is named after its source. */
export function findMissingModuleComments(files: readonly SourceFile[]): Problem[] {
  return files
    .filter(
      ({ path, text }) =>
        !path.endsWith('.test.ts') &&
        !/^(#!.*\n)?\/\*\*\n \* \S[\s\S]*?\n \* @module\n \*\/\n/.test(text),
    )
    .map(({ path }) => `${path}: opens with no comment that ends in @module`)
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
