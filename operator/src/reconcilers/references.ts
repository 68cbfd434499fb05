/**
 * Remembers which resources refer to which others, so that a change of one is heard by those that
 * depend on it.
 *
 * @module
 */

/** From the key of what is referred to, to the keys of those that refer to it. */
export class References {
  readonly #targetOf = new Map<string, string>()
  readonly #sourcesOf = new Map<string, Set<string>>()

  /** `source` refers to `target` from now on; undefined: to nothing. */
  set(source: string, target: string | undefined): void {
    const before = this.#targetOf.get(source)
    if (before === target) return
    if (before !== undefined) this.#remove(source, before)
    if (target === undefined) return
    this.#targetOf.set(source, target)
    const sources = this.#sourcesOf.get(target) ?? new Set()
    this.#sourcesOf.set(target, sources.add(source))
  }

  /** Who refers to `target`. */
  of(target: string): readonly string[] {
    return [...(this.#sourcesOf.get(target) ?? [])]
  }

  #remove(source: string, target: string): void {
    this.#targetOf.delete(source)
    const sources = this.#sourcesOf.get(target)
    sources?.delete(source)
    if (sources?.size === 0) this.#sourcesOf.delete(target)
  }
}
