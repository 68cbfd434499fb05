import type { Incarnation } from '../contract/identifiers.ts'
import { findOutdated, findRefused } from './store-age.ts'

const own = { incarnation: 5 as Incarnation, foundGroup: 80, syncedGroup: 90 }
const known = (incarnation: number, group: number) => {
  return { incarnation: incarnation as Incarnation, group }
}

test.each<[string, ReturnType<typeof known>]>([
  ['nothing', known(0, 0)],
  ['an earlier life that ended before this one begins', known(4, 80)],
  ['this life, as far as it is synced', known(5, 90)],
])('a store of which others know %s goes on', (_name, life) => {
  expect(findOutdated(life, own)).toBeUndefined()
})

test.each<[string, ReturnType<typeof known>, string]>([
  [
    'an earlier life went on for longer',
    known(4, 81),
    'others know group 81 of its journal, which ends with 80: ' +
      'its volume was set back to an earlier state',
  ],
  // Its own writing since the start makes up for nothing that was lost.
  ['it has written as much again', known(4, 90), 'others know group 90 of its journal'],
  ['this very life was further', known(5, 91), 'which ends with 90'],
])('a store is condemned for ever when %s', (_name, life, reason) => {
  const finding = findOutdated(life, own)
  expect(finding?.isForEver).toBe(true)
  expect(finding?.reason).toContain(reason)
})

test('a store that others have met in a later life ends, but may be the wrong process of a good one', () => {
  expect(findOutdated(known(6, 0), own)).toEqual({
    isForEver: false,
    reason:
      'others have met incarnation 6 of this store, and this is 5: ' +
      'its volume was set back, or is another process of it',
  })
})

test.each<[string, ReturnType<typeof known>, ReturnType<typeof findRefused>]>([
  ['for another reason', known(0, 0), undefined],
  [
    'as another process, of which nobody knows more',
    known(5, 90),
    { reason: 'x', isForEver: false },
  ],
  ['as another process, which has written more', known(5, 91), { reason: 'x', isForEver: true }],
  ['as an older one', known(6, 91), { reason: 'x', isForEver: false }],
])('a store that was refused %s', (_name, life, finding) => {
  const found = findRefused(life, own)
  expect(found && { ...found, reason: 'x' }).toEqual(finding)
})
