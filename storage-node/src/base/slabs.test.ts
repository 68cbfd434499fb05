import { SLAB_BYTES, SlabPool } from './slabs.ts'

test('a waiter gets its slabs all at once and in order of arrival', async () => {
  const pool = new SlabPool(4 * SLAB_BYTES)
  const first = await pool.acquire(3)
  const order: string[] = []
  const large = pool.acquire(3).then((slabs) => (order.push('large'), slabs))
  const small = pool.acquire(1).then((slabs) => (order.push('small'), slabs))
  pool.release(first)
  await Promise.all([large, small])
  expect(order).toEqual(['large', 'small'])
  expect(pool.usedCount).toBe(4)
})

test('a waiter that gives up leaves the queue and does not hold up the next', async () => {
  const pool = new SlabPool(4 * SLAB_BYTES)
  const held = await pool.acquire(3)
  const abort = new AbortController()
  const large = pool.acquire(4, abort.signal)
  const small = pool.acquire(1)
  abort.abort(new Error('gone'))
  await expect(large).rejects.toThrow('gone')
  expect(await small).toHaveLength(1)
  pool.release(held)
  expect(pool.usedCount).toBe(1)
})
