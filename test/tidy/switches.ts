/**
 * A `switch` over a tagged union ends in `unreachable(...)`: the compiler then proves that no case is left.
 * It may also hand the members that are left to a function, whose parameter proves the same.
 *
 * @module
 */

import ts from 'typescript'

/** Finds the switches over a closed set of names, in the given files of a program, that end otherwise. */
export function findOpenSwitches(program: ts.Program, paths: readonly string[]): string[] {
  const checker = program.getTypeChecker()
  return paths.flatMap((path) => {
    const file = program.getSourceFile(path)
    if (file === undefined) return [`${path}: the compiler does not know it`]
    return switchesOf(file)
      .filter((node) => isTag(checker, node.expression) && !endsInUnreachable(node))
      .map((node) => {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
        return `${path}:${line + 1}: a switch over a tagged union ends in unreachable(...)`
      })
  })
}

function switchesOf(node: ts.Node): ts.SwitchStatement[] {
  const nested = node.getChildren().flatMap(switchesOf)
  return ts.isSwitchStatement(node) ? [node, ...nested] : nested
}

/** A tag is a property that every member of a union has, each with its own literal. */
function isTag(checker: ts.TypeChecker, expression: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(expression)) return false
  const owner = checker.getTypeAtLocation(expression.expression)
  const tag = checker.getTypeAtLocation(expression)
  return owner.isUnion() && tag.isUnion() && tag.types.every((type) => type.isLiteral())
}

function endsInUnreachable({ caseBlock, expression, parent }: ts.SwitchStatement): boolean {
  const last = caseBlock.clauses.at(-1)
  if (last !== undefined && ts.isDefaultClause(last)) {
    return callsUnreachable(last.statements.at(-1)) || handsOn(last.statements.at(-1), expression)
  }
  const siblings = ts.isBlock(parent) ? parent.statements : undefined
  const own = siblings?.findIndex((statement) => {
    return ts.isSwitchStatement(statement) && statement.caseBlock === caseBlock
  })
  return callsUnreachable(siblings?.[(own ?? 0) + 1])
}

/** `default: return other(x)` of `switch (x.kind)`: the compiler checks what is left of x against the parameter. */
function handsOn(statement: ts.Node | undefined, tag: ts.Expression): boolean {
  if (
    statement === undefined ||
    !ts.isReturnStatement(statement) ||
    !ts.isPropertyAccessExpression(tag)
  )
    return false
  const call = statement.expression
  if (call === undefined || !ts.isCallExpression(call)) return false
  return call.arguments.some((argument) => argument.getText() === tag.expression.getText())
}

function callsUnreachable(statement: ts.Node | undefined): boolean {
  if (statement === undefined) return false
  if (ts.isBlock(statement)) return callsUnreachable(statement.statements.at(-1))
  if (
    !ts.isReturnStatement(statement) &&
    !ts.isExpressionStatement(statement) &&
    !ts.isThrowStatement(statement)
  )
    return false
  const call = statement.expression
  return (
    call !== undefined && ts.isCallExpression(call) && call.expression.getText() === 'unreachable'
  )
}
