import {
  DATA_AGE_MS_MAX,
  WALK_COUNT_MAX,
  decideForgetDropped,
  decideForgetKill,
  decideKillData,
  decideWalkDroppedSet,
  refuseLateData,
} from './decide-dropped.ts'
import {
  changesOf,
  context,
  dataId,
  dataSetId,
  droppedBy,
  piece,
  place,
} from './decide-fixtures.ts'

const SET = dataSetId(1)
const walk = { kind: 'walkDroppedSet', ...place, dataSetId: SET } as const
const kill = { kind: 'killData', ...place, dataId: dataId(1) } as const

test('data that a row refers to is not killed', () => {
  expect(decideKillData(kill, true, context)).toEqual({
    changes: [],
    result: { kind: 'killed', referenced: true },
  })
})

test('a kill is remembered, and forbids every later reference', () => {
  expect(changesOf(decideKillData(kill, false, context))).toEqual([
    { row: 'kill', ...place, dataId: dataId(1), value: { killedMs: 5000 } },
  ])
  const data = { kind: 'chunks', dataId: dataId(1) } as const
  expect(refuseLateData(data, true, context)?.code).toBe('RequestTimeout')
  expect(refuseLateData(data, false, context)).toBeUndefined()
})

test('data that outlived the record of its kill is refused as if it were killed', () => {
  // Its identifier says that it was made at 0.
  const data = { kind: 'chunks', dataId: dataId(1) } as const
  const at = (nowMs: number) => refuseLateData(data, false, { ...context, nowMs })
  expect(at(DATA_AGE_MS_MAX)).toBeUndefined()
  expect(at(DATA_AGE_MS_MAX + 1)?.code).toBe('RequestTimeout')
  const inline = { kind: 'inline', bytes: new Uint8Array() } as const
  const late = { ...context, nowMs: DATA_AGE_MS_MAX + 1 }
  expect(refuseLateData(inline, false, late)).toBeUndefined()
})

test('a walk moves chunked pieces into the queue and takes every row of the set', () => {
  const rows = [
    { index: 1, piece: piece(5000, 1) },
    { index: 2, piece: piece(10, 2) },
    { index: 0xffff_ffff, piece: undefined },
  ]
  const decision = decideWalkDroppedSet(walk, rows, context)
  expect(droppedBy(decision)).toEqual({ [dataId(1)]: 'data 5000' })
  const changes = changesOf(decision)
  for (const index of [1, 2]) {
    expect(changes).toContainEqual({
      row: 'piece',
      ...place,
      dataSetId: SET,
      index,
      value: undefined,
    })
  }
  expect(changes).toContainEqual({ row: 'partList', ...place, dataSetId: SET, value: undefined })
  expect(changes).toContainEqual({ row: 'dropped', ...place, dataId: SET, value: undefined })
})

test('a set that may go on keeps its record for the next walk', () => {
  const rows = Array.from({ length: WALK_COUNT_MAX }, (_, index) => ({ index, piece: piece(1) }))
  const changes = changesOf(decideWalkDroppedSet(walk, rows, context))
  expect(changes.filter(({ row }) => row === 'piece')).toHaveLength(WALK_COUNT_MAX)
  expect(changes.filter(({ row }) => row === 'dropped')).toEqual([])
})

test('queue and kill records are forgotten on request', () => {
  const forget = { kind: 'forgetDropped', ...place, dataId: dataId(1) } as const
  expect(changesOf(decideForgetDropped(forget))).toEqual([
    { row: 'dropped', ...place, dataId: dataId(1), value: undefined },
  ])
  expect(changesOf(decideForgetKill({ ...place, dataId: dataId(1) }))).toEqual([
    { row: 'kill', ...place, dataId: dataId(1), value: undefined },
  ])
})
