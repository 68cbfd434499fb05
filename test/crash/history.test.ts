/**
 * The judge of a crash finds what it should, and nothing else.
 *
 * @module
 */

import { ackNote, beginNote, History, sawNote, type State } from './history.ts'
import type { Piece } from './object-bytes.ts'

const one: Piece[] = [[1, 100]]
const two: Piece[] = [[2, 200]]

const written = [beginNote('1', [['a', one]]), ackNote('1')]
const overwritten = [...written, beginNote('2', [['a', two]]), ackNote('2')]
const overwriting = [...written, beginNote('2', [['a', two]])]
const removed = [...written, beginNote('2', [['a', undefined]]), ackNote('2')]
const completing = [
  beginNote('1', [['upload', { 1: [1, 100] }]]),
  ackNote('1'),
  beginNote('2', [
    ['upload', undefined],
    ['a', one],
  ]),
]

type Found = Record<string, State | 'unreadable'>

const cases: [string, string[], Found, string | undefined][] = [
  ['an acknowledged write that is there', written, { a: one }, undefined],
  ['an acknowledged write that is gone', written, {}, 'lost'],
  ['the content before an acknowledged overwrite', overwritten, { a: one }, 'lost'],
  ['an open request that has not happened', overwriting, { a: one }, undefined],
  ['an open request that has happened', overwriting, { a: two }, undefined],
  ['nothing where an overwrite was open', overwriting, {}, 'lost'],
  ['an acknowledged removal that is undone', removed, { a: one }, 'lost'],
  ['bytes that nobody wrote', written, { a: 'unreadable' }, 'torn'],
  ['a name that nobody wrote', written, { a: one, b: two }, 'from nowhere'],
  ['an open request that happened to both names', completing, { a: one }, undefined],
  ['an open request that happened to neither', completing, { upload: { 1: [1, 100] } }, undefined],
  ['an open request that happened to one', completing, {}, 'half done'],
  [
    'what was seen once and is still there',
    [...overwriting, sawNote([['a', two]])],
    { a: two },
    undefined,
  ],
  ['what was seen once and is gone', [...overwriting, sawNote([['a', two]])], { a: one }, 'lost'],
]

test.each(cases)('%s is judged', (_, notes, found, kind) => {
  const violations = History.from(notes).judge(new Map(Object.entries(found)))
  expect(violations.map((violation) => violation.kind)).toEqual(kind === undefined ? [] : [kind])
})
