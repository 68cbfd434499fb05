/**
 * How a region gets a new authority without anybody being refused meanwhile.
 *
 * The next one is believed by all before it signs anything, and the one before is believed until
 * nothing that it has signed is left.
 *
 * @module
 */

import { isOld } from './certificate-renewal.ts'

/** From when until when an authority is good. */
export interface AuthorityLife {
  readonly fromMs: number
  readonly untilMs: number
}

/** The authorities of a region, as far as they can be read. */
export interface Authorities {
  readonly current: AuthorityLife | undefined
  readonly next: AuthorityLife | undefined
  readonly previous: AuthorityLife | undefined
}

export type AuthorityStep =
  | { readonly kind: 'keep' }
  /** There is none: nothing can have been signed. */
  | { readonly kind: 'make' }
  /** Make the next one, for everybody to believe. */
  | { readonly kind: 'announce' }
  /** The next one signs from now on. */
  | { readonly kind: 'switch' }
  /** Nothing is left of the previous one. */
  | { readonly kind: 'forget' }

const DAY_MS = 86_400_000
/** Longer than any storage node takes to read its Secrets again. */
export const BELIEF_MS = DAY_MS
/** Longer than what an authority signed lives. */
export const FORGET_MS = 120 * DAY_MS

/**
 * Whether there may still be somebody who does not believe the one that signs. One that was announced is
 * older than that when it begins to sign; one that was made because the last one was lost is not.
 */
export function mayBeUnheardOf({ current, previous }: Authorities, nowMs: number): boolean {
  return previous !== undefined && current !== undefined && nowMs < current.fromMs + BELIEF_MS
}

/** The next step, one at a time. */
export function nextAuthorityStep(
  { current, next, previous }: Authorities,
  nowMs: number,
): AuthorityStep {
  // One that nobody believes any more makes no difference to having none.
  if (current === undefined || nowMs >= current.untilMs) return { kind: 'make' }
  if (next !== undefined) {
    return { kind: nowMs >= next.fromMs + BELIEF_MS ? 'switch' : 'keep' }
  }
  if (isOld(current, nowMs)) return { kind: 'announce' }
  if (previous !== undefined && nowMs >= current.fromMs + BELIEF_MS + FORGET_MS) {
    return { kind: 'forget' }
  }
  return { kind: 'keep' }
}
