/**
 * A `switch` over a tagged union ends in `unreachable(...)`: the compiler then proves that no case is left.
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

function endsInUnreachable({ caseBlock, parent }: ts.SwitchStatement): boolean {
  const last = caseBlock.clauses.at(-1)
  if (last !== undefined && ts.isDefaultClause(last))
    return callsUnreachable(last.statements.at(-1))
  const siblings = ts.isBlock(parent) ? parent.statements : undefined
  const after =
    siblings?.[
      siblings.findIndex(
        (statement) => 'caseBlock' in statement && statement.caseBlock === caseBlock,
      ) + 1
    ]
  return callsUnreachable(after)
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
