/**
 * What came of a call, as the client knows it.
 *
 * @module
 */

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** Refused for good: it has no effect and never will have. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It may have taken effect, may yet, or not at all. */
  | { readonly kind: 'unknown'; readonly why: string }

const SERVER_ERROR_STATUS = 500

/** What a rejection means to the client: a 5xx says nothing about the effect. */
export function outcomeOf(error: unknown): Outcome<never> {
  const { code, status } = error as { code?: unknown; status?: unknown }
  const isRefusal = typeof status === 'number' && status < SERVER_ERROR_STATUS
  if (typeof code === 'string' && isRefusal) return { kind: 'refused', code }
  return { kind: 'unknown', why: String(error) }
}
