import { parseBucketName } from './bucket-name.ts'

test.each(['abc', '0-9', 'a'.repeat(63), 'a--b', '123'])('%s names a bucket', (name) => {
  expect(parseBucketName(name)).toBe(name)
})

test.each(['', 'ab', 'a'.repeat(64), '-ab', 'ab-', 'Abc', 'a_b', 'a.b', 'a b', 'bücket', 'abc\n'])(
  '%j names none',
  (name) => {
    expect(() => parseBucketName(name)).toThrow(
      expect.objectContaining({
        code: 'InvalidBucketName',
        details: [{ name: 'BucketName', value: name }],
      }),
    )
  },
)
