/**
 * Seeds that once showed a mistake, with a word about it; they are run with every gate.
 *
 * A seed says the same only as long as the code draws the same numbers in the same order: it is
 * a chance to see the mistake again, the named test of its fix is the proof.
 *
 * @module
 */

export const REGRESSION_SEEDS: readonly number[] = []
