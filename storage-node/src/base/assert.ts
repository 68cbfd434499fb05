/**
 * Assertions: what must be true unless the program itself is wrong.
 *
 * A failed assertion ends the process at the composition root; it is never an answer to a client.
 *
 * @module
 */

/** Thrown when the program, not its input or surroundings, is at fault. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws unless `condition` holds; `message` says what must be. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Ends a `switch` on a tagged union: the compiler proves that no case is left. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable case: ${JSON.stringify(value)}`)
}
