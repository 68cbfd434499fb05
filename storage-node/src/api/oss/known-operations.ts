/**
 * Every operation of the OSS API by its name, served or not (oss.md 1).
 *
 * A request for one that is not served is refused by name; it never falls through to a plain read
 * or write of the object.
 *
 * @module
 */

import { bucketOperations } from './known-operations/bucket-operations.ts'
import { configurationOperations } from './known-operations/configuration-operations.ts'
import type { KnownOperation, ResourceLevel } from './known-operations/known-operation.ts'
import { networkOperations } from './known-operations/network-operations.ts'
import { objectOperations } from './known-operations/object-operations.ts'
import { serviceOperations } from './known-operations/service-operations.ts'

const bucketLevel = { ...bucketOperations, ...configurationOperations, ...networkOperations }

/** Recognised whatever is addressed: a preflight. */
export const PREFLIGHT = 'OptionObject'

export type OperationName =
  | keyof typeof serviceOperations
  | keyof typeof bucketLevel
  | keyof typeof objectOperations
  | typeof PREFLIGHT

/** A row of the table. */
export interface KnownOperationRow extends KnownOperation {
  readonly name: OperationName
  readonly level: ResourceLevel
}

/** The table, but for the preflight. */
export const knownOperations: readonly KnownOperationRow[] = [
  ...rowsOf('service', serviceOperations),
  ...rowsOf('bucket', bucketLevel),
  ...rowsOf('object', objectOperations),
]

function rowsOf<Name extends OperationName>(
  level: ResourceLevel,
  operations: Readonly<Record<Name, KnownOperation>>,
): KnownOperationRow[] {
  return (Object.keys(operations) as Name[]).map((name) => ({ name, level, ...operations[name] }))
}
