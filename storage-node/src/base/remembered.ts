/**
 * What a function made of the texts that come again and again.
 *
 * @module
 */

/** Longer texts are not kept: they come from somebody who fills memory, or once. */
const TEXT_LENGTH_MAX = 512

/**
 * The same function, which looks first whether it has made the value before. Of what it throws nothing is
 * kept, and of values no more than `countMax`, the oldest of which go first: they must never change.
 */
export function remembered<T>(make: (text: string) => T, countMax: number): (text: string) => T {
  const kept = new Map<string, T>()
  return (text) => {
    const known = kept.get(text)
    if (known !== undefined) return known
    const made = make(text)
    if (text.length > TEXT_LENGTH_MAX) return made
    if (kept.size >= countMax) kept.delete(kept.keys().next().value ?? text)
    kept.set(text, made)
    return made
  }
}
