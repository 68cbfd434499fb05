/**
 * Every operation of the S3 API by its name, served or not, as the table of the OSS API has its own.
 *
 * @module
 */

import type { KnownOperation, ResourceLevel } from '../oss/known-operations/known-operation.ts'
import type { OperationRow } from '../operation-resolver.ts'
import { bucketOperations } from './known-operations/bucket-operations.ts'
import { objectOperations } from './known-operations/object-operations.ts'
import { serviceOperations } from './known-operations/service-operations.ts'

/** Recognised whatever is addressed. */
export const S3_PREFLIGHT = 'PreflightRequest'

export type S3OperationName =
  | keyof typeof serviceOperations
  | keyof typeof bucketOperations
  | keyof typeof objectOperations
  | typeof S3_PREFLIGHT

export type S3OperationRow = OperationRow<S3OperationName>

/** The table, but for the preflight. */
export const knownS3Operations: readonly S3OperationRow[] = [
  ...rowsOf('service', serviceOperations),
  ...rowsOf('bucket', bucketOperations),
  ...rowsOf('object', objectOperations),
]

function rowsOf<Name extends S3OperationName>(
  level: ResourceLevel,
  operations: Readonly<Record<Name, KnownOperation>>,
): S3OperationRow[] {
  return (Object.keys(operations) as Name[]).map((name) => ({ name, level, ...operations[name] }))
}
