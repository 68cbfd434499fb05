import type { BucketRecord } from '../model/bucket.ts'
import type { BucketName } from '../model/identifiers.ts'
import { everyBucket } from './every-bucket.ts'

/** The names found behind the marker, and how many pages that took. */
async function find(names: readonly string[], marker?: string): Promise<[string[], number]> {
  let pages = 0
  const ask = ({ after, limit }: { after: BucketName | undefined; limit: number }) => {
    pages++
    const page = names.filter((name) => name > (after ?? '')).slice(0, limit)
    return Promise.resolve(page.map((name) => ({ name }) as BucketRecord))
  }
  const found: string[] = []
  for await (const { name } of everyBucket({ ask: ask as never }, marker)) found.push(name)
  return [found, pages]
}

const namesOf = (count: number) =>
  Array.from({ length: count }, (_, at) => `b${String(at).padStart(4, '0')}`)

test.each([0, 999, 1000, 2500])('finds all of %i buckets, a page at a time', async (count) => {
  const names = namesOf(count)
  expect(await find(names)).toEqual([names, Math.floor(count / 1000) + 1])
})

test('goes on behind a marker, which need not be a name', async () => {
  const names = namesOf(1500)
  expect(await find(names, 'b1498')).toEqual([['b1499'], 1])
  expect(await find(names, 'b1498/'.padEnd(200, 'x'))).toEqual([['b1499'], 2])
  expect(await find(names, 'c')).toEqual([[], 1])
})
