import { Host } from './host.ts'
import { cancel, Scheduler } from './scheduler.ts'
import { SimulatedClock } from './simulated-clock.ts'

function startedHost(): Host {
  const host = new Host(0)
  host.start(0)
  return host
}

test('events happen in order of their time, those of one time in order of their making', async () => {
  const scheduler = new Scheduler()
  const seen: string[] = []
  for (const delayMs of [5, 1, 3, 1, 4, 2, 5]) {
    const name = `${delayMs}:${scheduler.nowMs}`
    scheduler.after(delayMs, 'timer', () => seen.push(name))
  }
  cancel(scheduler.after(2.5, 'timer', () => seen.push('cancelled')))
  await scheduler.run(4)
  expect(seen).toEqual(['1:0', '1:0', '2:0', '3:0', '4:0'])
  expect(scheduler.nowMs).toBe(4)
})

test('what an event sets off is done before the next one', async () => {
  const scheduler = new Scheduler()
  const seen: string[] = []
  scheduler.after(1, 'timer', () => {
    void (async () => {
      for (let turn = 0; turn < 50; turn++) await Promise.resolve()
      seen.push('first')
    })()
  })
  scheduler.after(1, 'timer', () => seen.push('second'))
  await scheduler.run(1)
  expect(seen).toEqual(['first', 'second'])
})

test('a machine that stands still gets everything afterwards, in order', async () => {
  const scheduler = new Scheduler()
  const host = startedHost()
  const seen: [string, number][] = []
  const note = (name: string) => () => seen.push([name, scheduler.nowMs])
  host.pause(10)
  scheduler.afterOn(host, 3, 'message', note('late'))
  scheduler.afterOn(host, 2, 'message', note('early'))
  scheduler.after(4, 'fault', note('elsewhere'))
  scheduler.afterOn(host, 12, 'message', note('after'))
  await scheduler.run(20)
  expect(seen).toEqual([
    ['elsewhere', 4],
    ['early', 10],
    ['late', 10],
    ['after', 12],
  ])
})

test('timers end with their process, messages find the next one', async () => {
  const scheduler = new Scheduler()
  const host = startedHost()
  const clock = new SimulatedClock(scheduler, host, 1, 0)
  const seen: string[] = []
  clock.schedule(5, () => seen.push('timer of the first process'))
  scheduler.afterOn(host, 5, 'message', () => seen.push('message'))
  scheduler.after(1, 'fault', () => host.end())
  scheduler.after(2, 'fault', () => host.start(scheduler.nowMs))
  await scheduler.run(10)
  expect(seen).toEqual(['message'])
})

test('a fast clock reads more and waits less', async () => {
  const scheduler = new Scheduler()
  const clock = new SimulatedClock(scheduler, startedHost(), 2, 100)
  let firedMs = 0
  clock.schedule(10, () => (firedMs = scheduler.nowMs))
  await scheduler.run(20)
  expect(firedMs).toBe(5)
  expect(clock.monotonicMs()).toBe(140)
})

test('the trace tells runs apart by what happened and when', async () => {
  const hashOf = async (delays: readonly number[]) => {
    const scheduler = new Scheduler()
    for (const delayMs of delays) scheduler.after(delayMs, 'timer', () => {})
    await scheduler.run(10)
    return scheduler.traceHash
  }
  expect(await hashOf([1, 2, 3])).toBe(await hashOf([1, 2, 3]))
  expect(await hashOf([1, 2, 3])).not.toBe(await hashOf([1, 2, 3.0001]))
})
