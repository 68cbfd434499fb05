/**
 * What a rejected call means to its client.
 *
 * @module
 */

import type { Outcome } from './checkers/history.ts'

const SERVER_ERROR_STATUS = 500

/** What a rejection means to the client: a 5xx says nothing about the effect. */
export function outcomeOf(error: unknown): Outcome<never> {
  const { code, status } = error as { code?: unknown; status?: unknown }
  const isRefusal = typeof status === 'number' && status < SERVER_ERROR_STATUS
  if (typeof code === 'string' && isRefusal) return { kind: 'refused', code }
  return { kind: 'unknown', why: String(error) }
}
