/**
 * When a region's key ring gets another key, and when that one seals.
 *
 * A key is in the ring of every storage node before anything is sealed with it: one that could not
 * open what another has sealed would refuse access keys that are good. Keys stay in the ring, for
 * nobody counts what is sealed with each.
 *
 * @module
 */

/** What is to be known of the ring. */
export interface RingQuestion {
  /** In their order: the first one seals. */
  readonly keys: readonly RingKeyLife[]
  /** Id of the key that somebody wants to seal with; undefined: any that is young enough. */
  readonly wanted: string | undefined
  /** Keys that every storage node has said that it has. */
  readonly heldByAll: ReadonlySet<string>
  readonly nowMs: number
}

export interface RingKeyLife {
  readonly id: string
  readonly madeMs: number
}

export type RingStep =
  | { readonly kind: 'keep' }
  /** A new key goes to the end of the ring; undefined: under any id. */
  | { readonly kind: 'add'; readonly id: string | undefined }
  /** It is in the ring, and not everybody has it. */
  | { readonly kind: 'wait'; readonly id: string }
  /** It seals from now on. */
  | { readonly kind: 'seal'; readonly id: string }

const DAY_MS = 86_400_000
export const RING_KEY_LIFE_MS = 180 * DAY_MS
/** Of what storage nodes read (wire/key-ring.ts); the last ones are for those who name one. */
const KEY_COUNT_MAX = 100
const NAMED_COUNT = 10

const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/

/** Whether storage nodes take it for the id of a key. */
export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && KEY_ID.test(value)
}

/** The next step, one at a time. */
export function nextRingStep({ keys, wanted, heldByAll, nowMs }: RingQuestion): RingStep {
  const [front] = keys
  if (front === undefined || front.id === wanted) return { kind: 'keep' }
  const next =
    wanted === undefined ? youngerThan(front, keys) : keys.find(({ id }) => id === wanted)
  if (next !== undefined) return { kind: heldByAll.has(next.id) ? 'seal' : 'wait', id: next.id }
  const isDue = wanted !== undefined || nowMs >= front.madeMs + RING_KEY_LIFE_MS
  const isRoom = keys.length < (wanted === undefined ? KEY_COUNT_MAX - NAMED_COUNT : KEY_COUNT_MAX)
  return isDue && isRoom ? { kind: 'add', id: wanted } : { kind: 'keep' }
}

function youngerThan(front: RingKeyLife, keys: readonly RingKeyLife[]): RingKeyLife | undefined {
  return keys.find(({ madeMs }) => madeMs > front.madeMs)
}
