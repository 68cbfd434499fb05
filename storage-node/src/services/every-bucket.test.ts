import { unsetSettings } from '../model/bucket.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { pageEnd } from '../model/bucket-size.ts'
import type { BucketName } from '../model/identifiers.ts'
import { everyBucket } from './every-bucket.ts'

/** The names found behind the marker, and how many pages that took. */
async function find(
  names: readonly string[],
  marker?: string,
  policy?: string,
): Promise<[string[], number]> {
  let pages = 0
  const ask = ({ after, limit }: { after: BucketName | undefined; limit: number }) => {
    pages++
    const page: BucketRecord[] = []
    const endsWith = pageEnd(limit)
    for (const name of names.filter((known) => known > (after ?? ''))) {
      const bucket = { ...unsetSettings, name, policy } as BucketRecord
      page.push(bucket)
      if (endsWith(bucket)) break
    }
    return Promise.resolve(page)
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

test('goes on behind a page that ends early, for its buckets were told much', async () => {
  const names = namesOf(200)
  const [found, pages] = await find(names, '', 'x'.repeat(16 * 1024))
  expect(found).toEqual(names)
  expect(pages).toBeGreaterThan(4)
})

test('goes on behind a marker, which need not be a name', async () => {
  const names = namesOf(1500)
  expect(await find(names, 'b1498')).toEqual([['b1499'], 1])
  expect(await find(names, 'b1498/'.padEnd(200, 'x'))).toEqual([['b1499'], 2])
  expect(await find(names, 'c')).toEqual([[], 1])
})
