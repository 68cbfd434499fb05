/**
 * The operations that the API serves, found in the code, and whether tests and real clients know them.
 *
 * @module
 */

import ts from 'typescript'
import { PRODUCT, walk } from './source-tree.ts'
import type { Problem, SourceFile } from './source-tree.ts'

const OPERATIONS = `${PRODUCT}api/oss/operations/`
/** Names every operation there is, so that being named there says nothing. */
export const ROUTING_TEST = `${PRODUCT}api/oss/resolve-operation.test.ts`

/** Names of the operations that declare themselves: literals with a name, a permission and a handler. */
export function servedOperations(files: readonly SourceFile[]): string[] {
  const names: string[] = []
  for (const file of files.filter(({ path }) => path.startsWith(OPERATIONS))) {
    walk(file.syntax, (node) => {
      if (!ts.isObjectLiteralExpression(node)) return
      const properties = new Map(
        node.properties.map((property) => [property.name?.getText(), property]),
      )
      const name = properties.get('name')
      if (!properties.has('permission') || !properties.has('handle') || !name) return
      if (ts.isPropertyAssignment(name) && ts.isStringLiteral(name.initializer))
        names.push(name.initializer.text)
    })
  }
  return names
}

/** Operations that no test of the API names, or that the conformance suite does not list. */
export function findUntested(files: readonly SourceFile[]): Problem[] {
  const unit = files.filter(({ path }) => isApiTest(path) && path !== ROUTING_TEST)
  const conformance = files.filter(({ path }) => path.startsWith('test/conformance/'))
  return servedOperations(files).flatMap((name) => {
    const isNamed = (where: readonly SourceFile[]) =>
      where.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text))
    return [
      ...(isNamed(unit) ? [] : [`${name} is named by no test of the API`]),
      ...(isNamed(conformance) ? [] : [`${name} is missing in test/conformance/`]),
    ]
  })
}

export function isApiTest(path: string): boolean {
  return /^(test|storage-node\/src)\/api\/.*\.test\.ts$/.test(path)
}
