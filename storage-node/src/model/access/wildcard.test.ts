import * as fc from 'fast-check'
import { compileWildcard, compileWildcards } from './wildcard.ts'

test.each([
  ['', '', true],
  ['', 'a', false],
  ['a', 'a', true],
  ['a', 'A', false],
  ['*', '', true],
  ['*', 'anything/at.all', true],
  ['**', 'x', true],
  ['?', 'x', true],
  ['?', '', false],
  ['?', 'xy', false],
  ['a*', 'a', true],
  ['a*', 'ba', false],
  ['*a', 'ba', true],
  ['*a', 'ab', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'aXcYb', false],
  ['a?c*', 'abcd', true],
  ['*b?d*', 'aabxbcdz', true],
  ['*b?d', 'abcdbd', false],
  ['*ab*ab', 'ab', false],
  ['*ab*ab', 'abab', true],
  ['a.c', 'abc', false],
  ['[a-z]+', 'b', false],
  ['grain/*/x', 'grain/a/b/x', true],
])('%j matches %j: %s', (pattern, text, expected) => {
  expect(compileWildcard(pattern)(text)).toBe(expected)
  expect(compileWildcards(['never', pattern, 'nor*this'])(text)).toBe(expected)
})

/** The definition, without regard to what it costs. */
function matches(pattern: string, text: string): boolean {
  const [first, rest] = [pattern[0], pattern.slice(1)]
  if (first === undefined) return text === ''
  if (first === '*') return matches(rest, text) || (text !== '' && matches(pattern, text.slice(1)))
  return text !== '' && (first === '?' || first === text[0]) && matches(rest, text.slice(1))
}

test('it matches what its definition says', () => {
  const letters = (alphabet: string, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...alphabet), maxLength })
  fc.assert(
    fc.property(letters('ab*?', 8), letters('ab', 10), (pattern, text) => {
      expect(compileWildcard(pattern)(text)).toBe(matches(pattern, text))
    }),
    { numRuns: 3000 },
  )
})

test('a pattern that would make others go back a million times is matched at once', () => {
  const text = 'a'.repeat(1023)
  const started = performance.now()
  for (let round = 0; round < 100; round++) {
    expect(compileWildcard(`${'*a?'.repeat(300)}b`)(text)).toBe(false)
  }
  expect(performance.now() - started).toBeLessThan(1000)
})
