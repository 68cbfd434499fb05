/**
 * Finds the one operation of the OSS dialect that a request asks for.
 *
 * @module
 */

import type { QueryPair } from '../../wire/oss/request-head.ts'
import { operationResolver } from '../operation-resolver.ts'
import { knownOperations, PREFLIGHT } from './known-operations.ts'

/** Parameters of every signed request, and those of answers that a signed reader may override. */
const COMMON_PARAMETERS: ReadonlySet<string> = new Set([
  'OSSAccessKeyId',
  'Expires',
  'Signature',
  'security-token',
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
])

/** HEAD of a bucket is answered like GET. */
export const resolveOperation = operationResolver({
  rows: knownOperations,
  preflight: PREFLIGHT,
  common: COMMON_PARAMETERS,
  passesOver,
  headIsGet: true,
})

function passesOver({ name, value }: QueryPair): boolean | undefined {
  // Restricts who may use a signed URL.
  if (name.startsWith('x-oss-ac-')) return false
  // Clients tag requests with `x-` parameters that end up in the log (oss.md 5.19).
  if (name.startsWith('x-')) return !name.startsWith('x-oss-') || value !== ''
  return undefined
}
