import { ManualClock } from '../../base/manual-clock.ts'
import type { Seq } from '../../contract/identifiers.ts'
import { SoftWait } from './soft-wait.ts'

function openWait() {
  const clock = new ManualClock(0)
  const wait = new SoftWait(clock)
  const over: number[] = []
  const begin = (seq: number) => {
    const waiting = wait.wait(seq as Seq)
    void (waiting ?? Promise.resolve()).then(() => over.push(seq))
    return waiting
  }
  const seen = async () => {
    await Promise.resolve()
    await Promise.resolve()
    return over
  }
  return { clock, wait, begin, seen }
}

test('an entry that all healthy members have is not waited for', () => {
  const { wait, begin } = openWait()
  wait.settled(5 as Seq)
  expect(begin(5)).toBeUndefined()
  expect(begin(6)).toBeDefined()
})

test('who waits goes on once they have it, or after 10 ms', async () => {
  const { clock, wait, begin, seen } = openWait()
  void begin(1)
  clock.advance(4)
  void begin(2)
  void begin(3)
  expect(await seen()).toEqual([])
  clock.advance(6)
  expect(await seen()).toEqual([1])
  wait.settled(2 as Seq)
  expect(await seen()).toEqual([1, 2])
  clock.advance(4)
  expect(await seen()).toEqual([1, 2, 3])
})

test('nobody waits any more when the office ends, and the next one begins anew', async () => {
  const { wait, begin, seen } = openWait()
  wait.settled(9 as Seq)
  void begin(10)
  wait.end()
  expect(await seen()).toEqual([10])
  expect(begin(5)).toBeDefined()
})
