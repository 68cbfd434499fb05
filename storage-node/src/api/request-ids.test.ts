import { systemRandom } from '../base/random.ts'
import { RequestIds } from './request-ids.ts'

test('an id is 24 upper-case hex digits that begin with the Unix second', () => {
  const ids = new RequestIds(systemRandom)
  expect(ids.next(0x6655aabb * 1000 + 999)).toMatch(/^6655AABB[0-9A-F]{16}$/)
})

test('ids of one process differ, those of two as well', () => {
  const [one, other] = [new RequestIds(systemRandom), new RequestIds(systemRandom)]
  const ids = Array.from({ length: 1000 }, () => [one.next(0), other.next(0)]).flat()
  expect(new Set(ids).size).toBe(2000)
})
