/**
 * Patterns with `*` for any characters and `?` for exactly one.
 *
 * Written by clients and matched on every request: no pattern may cost more than the length of the text
 * times that of one of its pieces, so nothing here goes back and tries again.
 *
 * @module
 */

export type TextMatcher = (text: string) => boolean

/** Prepares a pattern. Case counts. */
export function compileWildcard(pattern: string): TextMatcher {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern
  const [first = '', ...rest] = pattern.split(/\*+/)
  const prefix = compilePiece(first)
  const others = rest.map(compilePiece)
  const suffix = others.pop()
  if (suffix === undefined) return (text) => text.length === prefix.length && prefix.isAt(text, 0)
  if (others.length === 0 && suffix.length === 0) {
    return prefix.length === 0 ? () => true : (text) => prefix.isAt(text, 0)
  }
  return (text) => matchesBetween(text, prefix, others, suffix)
}

/** Prepares patterns of which one has to match. */
export function compileWildcards(patterns: readonly string[]): TextMatcher {
  const literals = new Set(patterns.filter((pattern) => !/[*?]/.test(pattern)))
  const others = patterns.filter((pattern) => /[*?]/.test(pattern)).map(compileWildcard)
  const [only] = others
  if (literals.size === 0 && others.length === 1 && only !== undefined) return only
  if (others.length === 0) return (text) => literals.has(text)
  return (text) => literals.has(text) || others.some((matches) => matches(text))
}

/** What stands between two stars. */
interface Piece {
  readonly length: number
  isAt(text: string, at: number): boolean
  /** Where it stands first at or behind `from`; -1: nowhere. */
  find(text: string, from: number): number
}

/** The first place of each piece will do, no later one is better: the stars take what is between. */
function matchesBetween(
  text: string,
  prefix: Piece,
  middles: readonly Piece[],
  suffix: Piece,
): boolean {
  if (!prefix.isAt(text, 0)) return false
  let at = prefix.length
  for (const middle of middles) {
    const found = middle.find(text, at)
    if (found < 0) return false
    at = found + middle.length
  }
  const end = text.length - suffix.length
  return end >= at && suffix.isAt(text, end)
}

function compilePiece(piece: string): Piece {
  const { length } = piece
  if (!piece.includes('?')) {
    // Most pieces are told apart by their last character, which is far cheaper than a comparison.
    const last = piece.charCodeAt(length - 1)
    return {
      length,
      isAt: (text, at) =>
        length === 0 || (text.charCodeAt(at + length - 1) === last && text.startsWith(piece, at)),
      find: (text, from) => text.indexOf(piece, from),
    }
  }
  const isAt = (text: string, at: number) => isPieceAt(piece, text, at)
  return {
    length,
    isAt,
    find(text, from) {
      for (let at = from; at + length <= text.length; at++) if (isAt(text, at)) return at
      return -1
    },
  }
}

function isPieceAt(piece: string, text: string, start: number): boolean {
  if (start + piece.length > text.length) return false
  for (let at = 0; at < piece.length; at++) {
    if (piece[at] !== '?' && piece[at] !== text[start + at]) return false
  }
  return true
}
