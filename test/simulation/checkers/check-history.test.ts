/**
 * Histories of a region that answers rightly pass, and every bug that is planted in it shows.
 *
 * @module
 */

import { checkHistory } from './check-history.ts'
import { generateHistory } from './generated-history.ts'
import { regionBugs } from './generated-region.ts'
import { ClientHistory, mergeHistories } from './history.ts'
import type { ClientOperation, Outcome, Seen } from './history.ts'

const PLAN = { clientCount: 5, keyCount: 3, callCount: 300, unknownProbability: 0.05 }

test.each([0, 0.05, 0.2])(
  'with %d of the outcomes unknown nothing is reported',
  (unknownProbability) => {
    for (let seed = 1; seed <= 60; seed++) {
      const { calls } = generateHistory({ ...PLAN, seed, unknownProbability })
      expect({ seed, violations: checkHistory(calls) }).toEqual({ seed, violations: [] })
    }
  },
)

test.each(regionBugs)('%s is found', (bug) => {
  const seeds = Array.from({ length: 12 }, (_, index) => index + 1)
  const found = seeds.filter(
    (seed) => checkHistory(generateHistory({ ...PLAN, seed, bug }).calls).length > 0,
  )
  // A bug that nobody looks at in time does not show.
  expect(found.length).toBeGreaterThanOrEqual(2)
})

test('2,000 calls of 16 clients on 20 keys are checked within a second', () => {
  const { calls } = generateHistory({
    ...{ seed: 1, clientCount: 16, keyCount: 20, callCount: 2_000, unknownProbability: 0.05 },
  })
  const startMs = performance.now()
  expect(checkHistory(calls)).toEqual([])
  expect(performance.now() - startMs).toBeLessThan(1_000)
})

/** Calls that follow each other without overlapping. */
function inTurn(...calls: readonly (readonly [ClientOperation, Outcome<Seen>])[]): ClientHistory {
  const history = new ClientHistory()
  for (const [index, [operation, outcome]] of calls.entries())
    history.invoke(1, index * 10, operation)(index * 10 + 5, outcome)
  return history
}

const place = { bucket: 'barn', key: 'hay' } as const
/** It is there from the beginning. */
const BARN = { bucketsAtStart: ['barn'] }
const put = {
  ...({ kind: 'put', ...place, forbidOverwrite: false } as const),
  ...{ content: '1', etag: 'A', sizeBytes: 3 },
}
const object = { kind: 'object', etag: 'A', sizeBytes: 3 } as const
const nothing = { kind: 'nothing' } as const
const done = (value: Seen): Outcome<Seen> => ({ kind: 'done', value })
const refused = (code: string): Outcome<Seen> => ({ kind: 'refused', code })
const get = { kind: 'get', ...place } as const
const unknown: Outcome<Seen> = { kind: 'unknown', why: 'No answer' }

describe('one key', () => {
  test.each([
    [
      'a read after a write',
      [
        [put, done(object)],
        [get, done({ ...object, kind: 'content', content: '1' })],
      ],
      0,
    ],
    [
      'a read that misses an acknowledged write',
      [
        [put, done(object)],
        [get, refused('NoSuchKey')],
      ],
      1,
    ],
    [
      'other bytes under the same ETag',
      [
        [put, done(object)],
        [get, done({ ...object, kind: 'content', content: '2' })],
      ],
      1,
    ],
    [
      'a write of unknown outcome that is seen',
      [
        [put, unknown],
        [get, done({ ...object, kind: 'content', content: '1' })],
      ],
      0,
    ],
    [
      'a write of unknown outcome that is not',
      [
        [put, unknown],
        [get, refused('NoSuchKey')],
      ],
      0,
    ],
    [
      'one that is seen, then not',
      [
        [put, unknown],
        [get, done({ ...object, kind: 'content', content: '1' })],
        [get, refused('NoSuchKey')],
      ],
      1,
    ],
    [
      'one that takes effect late',
      [
        [put, unknown],
        [get, refused('NoSuchKey')],
        [get, done({ ...object, kind: 'content', content: '1' })],
      ],
      0,
    ],
    [
      'a delete that comes back',
      [
        [put, done(object)],
        [{ kind: 'delete', ...place }, done(nothing)],
        [get, done({ ...object, kind: 'content', content: '1' })],
      ],
      1,
    ],
    [
      'a delete of what another write has replaced, whatever it says',
      [
        [put, done(object)],
        [{ kind: 'delete', ...place, condition: { etag: 'B' } }, done(nothing)],
      ],
      1,
    ],
    [
      'one that says so',
      [
        [put, done(object)],
        [{ kind: 'delete', ...place, condition: { etag: 'B' } }, refused('PreconditionFailed')],
        [{ kind: 'delete', ...place, condition: 'something' }, done(nothing)],
        [{ kind: 'delete', ...place, condition: 'something' }, refused('NoSuchKey')],
      ],
      0,
    ],
    [
      'a delete of what is there that finds nothing',
      [
        [put, done(object)],
        [{ kind: 'delete', ...place, condition: { etag: 'A' } }, refused('NoSuchKey')],
      ],
      1,
    ],
    [
      'bytes of nobody',
      [
        [put, done(object)],
        [get, done({ ...object, kind: 'content', content: undefined })],
      ],
      1,
    ],
    ['a refusal that no state explains', [[put, refused('AccessDenied')]], 1],
    [
      'a list without an acknowledged key',
      [
        [put, done(object)],
        [{ kind: 'list', bucket: 'barn' }, done({ kind: 'keys', keys: [] })],
      ],
      1,
    ],
    [
      'a list with it',
      [
        [put, done(object)],
        [
          { kind: 'list', bucket: 'barn' },
          done({ kind: 'keys', keys: [{ ...object, key: 'hay' }] }),
        ],
      ],
      0,
    ],
    [
      'a list with a key of nobody',
      [
        [
          { kind: 'list', bucket: 'barn' },
          done({ kind: 'keys', keys: [{ ...object, key: 'oats' }] }),
        ],
      ],
      1,
    ],
    [
      'a write into a deleted bucket',
      [
        [{ kind: 'deleteBucket', bucket: 'barn' }, done(nothing)],
        [put, done(object)],
      ],
      1,
    ],
  ] as const)('%s', (_name, calls, count) => {
    expect(checkHistory(inTurn(...calls).calls, BARN)).toHaveLength(count)
  })

  test('the excerpt names the call and what stood before it', () => {
    const [violation] = checkHistory(
      inTurn([put, done(object)], [get, refused('NoSuchKey')]).calls,
      BARN,
    )
    expect(violation).toMatchObject({ kind: 'not linearizable', bucket: 'barn', key: 'hay' })
    expect(violation?.excerpt.split('\n')).toEqual([
      'No order explains the call marked =>; before it: content 1 of 3 B',
      expect.stringMatching(/^ {3}0-5 ms client 1: put .*content=1/),
      '=> 10-15 ms client 1: get bucket=barn key=hay -> refused: NoSuchKey',
    ])
  })
})

test('recorders whose clocks agree are merged; calls that touch overlap', () => {
  const writer = new ClientHistory()
  writer.invoke(1, 0, put)(10, done(object))
  const early = new ClientHistory()
  early.invoke(2, 10, get)(12, refused('NoSuchKey'))
  const late = new ClientHistory()
  late.invoke(2, 11, get)(12, refused('NoSuchKey'))
  expect(checkHistory(mergeHistories([early.calls, writer.calls]), BARN)).toEqual([])
  expect(checkHistory(mergeHistories([late.calls, writer.calls]), BARN)).toHaveLength(1)
})

test('a bucket that nobody makes is not there', () => {
  const calls = inTurn([get, refused('NoSuchBucket')]).calls
  expect(checkHistory(calls)).toEqual([])
  expect(checkHistory(calls, BARN)).not.toEqual([])
  expect(checkHistory(inTurn([get, refused('NoSuchKey')]).calls)).not.toEqual([])
})
