/**
 * Why something is not done: a word for programs, and words that name the next step.
 *
 * @module
 */

/** Ends up in a condition and in an event. */
export interface Refusal {
  /** CamelCase. */
  readonly reason: string
  readonly message: string
}

/** Names for a message: the first few, and how many more there are. */
export function listed(names: readonly string[], countMax = 5): string {
  const more = names.length - countMax
  return names.slice(0, countMax).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
