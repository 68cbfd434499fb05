import fc from 'fast-check'
import type { LockMode } from './shared-lock.ts'
import { LockTable, SharedLock } from './shared-lock.ts'

test('a free lock is taken without waiting, and shared by those who share', () => {
  const lock = new SharedLock()
  expect(lock.acquire('shared')).toBeUndefined()
  expect(lock.acquire('shared')).toBeUndefined()
  expect(lock.acquire('exclusive')).toBeInstanceOf(Promise)
})

test('who shares later does not overtake who waits to have it alone', async () => {
  const lock = new SharedLock()
  const order: string[] = []
  void lock.acquire('shared')
  const alone = lock.acquire('exclusive')?.then(() => order.push('alone'))
  const late = lock.acquire('shared')?.then(() => order.push('late'))
  lock.release('shared')
  await alone
  expect(order).toEqual(['alone'])
  lock.release('exclusive')
  await late
  expect(order).toEqual(['alone', 'late'])
})

test('a lock is released only by who holds it', () => {
  const lock = new SharedLock()
  expect(() => lock.release('shared')).toThrow('released by who holds it')
  expect(() => lock.release('exclusive')).toThrow('released by who holds it')
})

test('locks of other names do not wait for each other', () => {
  const locks = new LockTable()
  expect(locks.acquire('a', 'exclusive')).toBeUndefined()
  expect(locks.acquire('b', 'exclusive')).toBeUndefined()
  expect(locks.acquire('a', 'shared')).toBeInstanceOf(Promise)
  expect(() => locks.release('c', 'shared')).toThrow('lock "c" is held')
})

test('whatever the order, an exclusive holder is alone and everybody gets a turn', async () => {
  const job = fc.record({
    name: fc.constantFrom('a', 'b'),
    mode: fc.constantFrom<LockMode>('shared', 'exclusive'),
    workTurns: fc.nat(3),
    delayTurns: fc.nat(5),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 20 }), async (jobs) => {
      const locks = new LockTable()
      const holders = new Map<string, LockMode[]>()
      const turns = async (count: number) => {
        for (let left = count; left > 0; left--) await Promise.resolve()
      }
      await Promise.all(
        jobs.map(async ({ name, mode, workTurns, delayTurns }) => {
          await turns(delayTurns)
          await locks.acquire(name, mode)
          const held = [...(holders.get(name) ?? []), mode]
          holders.set(name, held)
          if (held.includes('exclusive')) expect(held).toHaveLength(1)
          await turns(workTurns)
          const rest = [...(holders.get(name) ?? [])]
          rest.splice(rest.indexOf(mode), 1)
          holders.set(name, rest)
          locks.release(name, mode)
        }),
      )
      // Nobody holds or waits any more: the table is as new.
      expect(locks.acquire('a', 'exclusive') ?? locks.acquire('b', 'exclusive')).toBeUndefined()
    }),
  )
})
