/**
 * The operations of the OSS dialect, as the gateway needs them.
 *
 * @module
 */

import type { DialectOperations } from '../gateway.ts'
import { refuseUnservedHeaders } from '../unserved-headers.ts'
import { PREFLIGHT } from './known-operations.ts'
import { operations } from './operations.ts'
import { resolveOperation } from './resolve-operation.ts'

export const ossDialect: DialectOperations = {
  resolve: resolveOperation,
  served: operations,
  preflight: PREFLIGHT,
  refuseHeaders: (headers, isObjectWrite, { callsBack }) =>
    refuseUnservedHeaders(headers, isObjectWrite, callsBack),
}
