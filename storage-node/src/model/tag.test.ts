import { checkBucketTags, checkObjectTags } from './tag.ts'
import type { Tag } from './tag.ts'

const times = (count: number): Tag[] =>
  Array.from({ length: count }, (_, index) => [`k${index}`, ''])

type Check = typeof checkBucketTags
const codeOf = (check: Check, tags: readonly Tag[]) => {
  try {
    expect(check(tags)).toBe(tags)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

test.each<[Tag[], string | undefined]>([
  [[], undefined],
  [times(20), undefined],
  [times(21), 'TooManyTags'],
  [[['k'.repeat(64), 'v'.repeat(128)]], undefined],
  [[['k'.repeat(65), '']], 'InvalidTag'],
  [[['k', 'v'.repeat(129)]], 'InvalidTag'],
  // Characters count, not how they are stored.
  [[['😀'.repeat(64), '谷'.repeat(128)]], undefined],
  [[['😀'.repeat(65), '']], 'InvalidTag'],
  [[['', 'v']], 'InvalidTag'],
  [[['http://a', '']], 'InvalidTag'],
  [[['HTTPS://a', '']], 'InvalidTag'],
  [[['aliyun', '']], 'InvalidTag'],
  [[['my-Aliyun', 'Aliyun']], undefined],
  [[['%@<>', '++%']], undefined],
  [[['a', '1'], ['A', '1']], undefined], // prettier-ignore
  [[['a', '1'], ['a', '2']], 'RepeatedTags'], // prettier-ignore
])('a bucket tagged %j: %s', (tags, code) => {
  expect(codeOf(checkBucketTags, tags)).toBe(code)
})

test.each<[Tag[], string | undefined]>([
  [times(10), undefined],
  [times(11), 'TooManyTags'],
  [[['k'.repeat(128), 'v'.repeat(256)]], undefined],
  [[['k'.repeat(129), '']], 'InvalidTaggingKey'],
  [[['k', 'v'.repeat(257)]], 'InvalidTag'],
  [[[' +-=._:/', ' +-=._:/']], undefined],
  [[['谷物', 'naïve 3']], undefined],
  [[['', 'v']], 'InvalidTaggingKey'],
  [[['%@abc', 'v']], 'InvalidTaggingKey'],
  [[['k', '%abc']], 'InvalidTag'],
  [[['k', 'a\n']], 'InvalidTag'],
  [[['Aliyun', '']], undefined],
  [[['a', '1'], ['a', '1']], 'RepeatedTags'], // prettier-ignore
])('an object tagged %j: %s', (tags, code) => {
  expect(codeOf(checkObjectTags, tags)).toBe(code)
})
