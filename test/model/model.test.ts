/**
 * The model finds every bug that is planted in it, recovers from anything, and visits what it should.
 *
 * @module
 */

import { bugNames, bugs } from './bugs.ts'
import type { Bug } from './bugs.ts'
import { recover } from './liveness.ts'
import { parseSchedule, runSchedule, schedules } from './schedules.ts'
import { search } from './search.ts'
import { modelSettings } from './settings.ts'
import type { ModelSettings } from './settings.ts'
import { walk } from './walk.ts'

const DEPTH = 80
const WALK_COUNT_MAX = 3_000
const scheduled = Object.keys(schedules) as (keyof typeof schedules)[]
const walked = bugNames.filter((bug) => !(scheduled as Bug[]).includes(bug))

describe('a planted bug is found', () => {
  test.each(walked)('by walks: %s', (bug) => {
    const settings = modelSettings({ bug })
    let found: string | undefined
    for (let seed = 1; seed <= WALK_COUNT_MAX && found === undefined; seed++)
      found = walk(settings, seed, DEPTH).violation?.violation
    expect([bugs[bug], found]).toEqual([bugs[bug], expect.stringMatching(/^I\d+: /)])
  })

  test.each(scheduled)('by a directed schedule: %s', (bug) => {
    const end = runSchedule(modelSettings({ bug }), parseSchedule(schedules[bug]))
    expect(end).toMatchObject({ kind: 'violated', violation: expect.stringMatching(/^I\d+: /) })
  })
})

test.each(scheduled)('the sound model refuses or survives the schedule %s', (name) => {
  const { kind } = runSchedule(modelSettings(), parseSchedule(schedules[name]))
  expect(kind).toMatch(/refused|survived/)
})

test('W = all needs no synced merge before members are dropped', () => {
  const settings = modelSettings({ bug: 'dropnosync', quorum: 'all' })
  for (let seed = 1; seed <= 1_000; seed++)
    expect(walk(settings, seed, DEPTH).violation).toBeUndefined()
})

const RUN_COUNT = 200
const healing: readonly [string, Partial<ModelSettings>][] = [
  ['three replicas, majority', {}],
  ['three replicas, all', { quorum: 'all' }],
  ['three replicas and a spare', { replicaCount: 4 }],
  ['three replicas in two zones', { zones: [0, 0, 1] }],
  ['three replicas, strict reads', { reads: 'strict' }],
]

describe.each(healing)('%s', (_name, region) => {
  test.each([0, 1] as const)('recover with %d dead', (deadCount) => {
    const settings = modelSettings({ epochMax: 40, ...region })
    const firstSeed = Math.floor(Math.random() * 2 ** 30)
    let recovered = 0
    for (let seed = firstSeed; seed < firstSeed + RUN_COUNT; seed++) {
      const end = recover(settings, seed, deadCount)
      const isGood = end.kind === 'recovered' || end.kind === 'void'
      expect(isGood ? undefined : { seed, ...end }).toBeUndefined()
      recovered += Number(end.kind === 'recovered')
    }
    expect(recovered).toBeGreaterThan(RUN_COUNT / 2)
  })
})

describe('every interleaving', () => {
  const bounds = {
    writeMax: 1,
    crashMax: 1,
    changeMax: 0,
    epochMax: 2,
    applies: 'at once',
  } as const

  test('of the sound model to a small depth', () => {
    const result = search(modelSettings(bounds), 30_000)
    expect(result).toMatchObject({ violation: undefined, isComplete: false })
    expect(result.depth).toBeGreaterThanOrEqual(5)
  })

  test('reaches a planted bug', () => {
    const settings = modelSettings({ ...bounds, bug: 'sealone' })
    expect(search(settings, 300_000).violation).toMatch(/^I\d+: /)
  })

  test('ends when there is nothing more to do', () => {
    const still = { ...bounds, writeMax: 0, crashMax: 0, epochMax: 1, reads: 'strict' } as const
    expect(search(modelSettings(still), 30_000)).toMatchObject({ isComplete: true })
  })
})
