import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { seededRandom } from '@granary/storage-node/base/seeded-random'
import { keyOf } from '../resources/kubernetes-object.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import type { Again, Controller, ObjectListener } from './controller.ts'
import { Manager } from './manager.ts'
import { BACK_OFF_MS_MIN } from './work-queue.ts'

const RESYNC_MS = 60_000

let clock: ManualClock
let listener: ObjectListener
let list: () => void
let calls: string[]
let outcomes: string[]
let warnings: string[]
let answer: (key: string, signal: AbortSignal) => Promise<Again | undefined>
let work: { stop(): Promise<void> }
let manager: Manager

const object = (name: string): KubernetesObject => ({
  ...{ apiVersion: 'v1', kind: 'Thing', metadata: { namespace: 'n', name } },
})
const settle = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  clock = new ManualClock(0)
  calls = []
  outcomes = []
  warnings = []
  answer = async () => undefined
  const listed = new Promise<void>((resolve) => (list = resolve))
  const controller: Controller = {
    name: 'thing',
    workerCount: 2,
    sources: [
      {
        watch: (told) => {
          listener = told
          return { listed, stop: () => calls.push('unwatched') }
        },
        keysOf: ({ metadata }) => [keyOf(metadata)],
      },
    ],
    reconcile(key, signal) {
      calls.push(key)
      return answer(key, signal)
    },
  }
  manager = new Manager(() => [controller], {
    ...{ clock, random: seededRandom(1), resyncMs: RESYNC_MS },
    logger: {
      info() {},
      error() {},
      warn: (message, fields) => warnings.push(`${message}: ${fields?.['why']}`),
    },
    observer: { reconciled: (name, outcome) => outcomes.push(`${name} ${outcome}`) },
  })
  work = manager.lead()
})

afterEach(() => work.stop())

test('nothing is reconciled before everything that there is was told', async () => {
  listener.changed(object('a'))
  listener.changed(object('b'))
  await settle()
  expect(calls).toEqual([])
  expect(manager.depth).toBe(2)
  list()
  await settle()
  expect(calls).toEqual(['n/a', 'n/b'])
  expect(outcomes).toEqual(['thing success', 'thing success'])
})

test('what fails is logged, counted and tried again', async () => {
  list()
  answer = async () => {
    throw new Error('no answer')
  }
  listener.changed(object('a'))
  await settle()
  expect(warnings).toEqual(['Not reconciled: no answer'])
  expect(outcomes).toEqual(['thing failure'])
  clock.advance(BACK_OFF_MS_MIN)
  await settle()
  expect(calls).toEqual(['n/a', 'n/a'])
})

test('a reconcile may ask to come again', async () => {
  list()
  answer = async () => ({ afterMs: 500 })
  listener.changed(object('a'))
  await settle()
  clock.advance(499)
  await settle()
  expect(calls).toHaveLength(1)
  clock.advance(1)
  await settle()
  expect(calls).toHaveLength(2)
})

test('what there is is looked at again, what is gone is not', async () => {
  list()
  listener.changed(object('a'))
  listener.changed(object('b'))
  listener.removed(object('b'))
  await settle()
  expect(calls).toEqual(['n/a', 'n/b'])
  clock.advance(RESYNC_MS)
  await settle()
  clock.advance(RESYNC_MS)
  await settle()
  expect(calls).toEqual(['n/a', 'n/b', 'n/a', 'n/a'])
})

test('the end of leading ends what is under way, and nothing begins', async () => {
  list()
  let aborted = false
  answer = (_key, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted = true
        reject(new Error('aborted'))
      })
    })
  listener.changed(object('a'))
  await settle()
  await work.stop()
  listener.changed(object('b'))
  clock.advance(RESYNC_MS)
  await settle()
  expect(aborted).toBe(true)
  expect(calls).toEqual(['n/a', 'unwatched'])
  expect(warnings).toEqual([])
})

test('one that ends before everything was told ends too', async () => {
  listener.changed(object('a'))
  await work.stop()
  expect(calls).toEqual(['unwatched'])
})
