import { mayNotBePrefix, permissionPolicy } from './permission-policy.ts'

const lines = (access: 'Read' | 'Write' | 'ReadWrite' | 'Full', prefix = '') =>
  permissionPolicy([{ bucket: 'photos', prefix, access }]).Statement.map(
    ({ Action, Resource, Condition }) =>
      [Action.join(' '), Resource.join(' '), JSON.stringify(Condition ?? '')].join(' | '),
  )

test('Read allows to get and to list, and nothing else', () => {
  expect(lines('Read')).toEqual([
    'oss:GetObject oss:GetObjectVersion oss:GetObjectTagging oss:GetObjectVersionTagging | acs:oss:*:*:photos/* | ""',
    'oss:ListObjects oss:ListObjectVersions | acs:oss:*:*:photos | ""',
    'oss:GetBucketLocation oss:GetBucketInfo | acs:oss:*:*:photos | ""',
  ])
})

test('a prefix limits objects and listings', () => {
  const [objects, lists] = lines('ReadWrite', 'a/')
  expect(objects).toContain('oss:PutObject')
  expect(objects).toContain('acs:oss:*:*:photos/a/*')
  expect(lists).toContain('{"StringLike":{"oss:Prefix":["a/*"]}}')
})

test('Write reads no object', () => {
  expect(lines('Write').join()).not.toMatch(/oss:GetObject|oss:ListObjects/)
})

test('Full is everything of the bucket, and of no other one', () => {
  expect(lines('Full')).toEqual([
    'oss:* | acs:oss:*:*:photos/* | ""',
    'oss:* | acs:oss:*:*:photos | ""',
  ])
})

test.each(['a*', 'a?b', '*'])('the prefix %s would allow more than it says', (prefix) => {
  expect(mayNotBePrefix(prefix)).toMatchObject({ reason: 'PermissionInvalid' })
})

test('any other prefix is taken as it is', () => {
  expect(mayNotBePrefix('a/b.c-d')).toBeUndefined()
})
