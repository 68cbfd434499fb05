import { parseBucketAcl, parseObjectAcl } from './acl.ts'
import { etagOfMd5, parseEtag, quoteEtag } from './etag.ts'
import { parseStorageClass } from './storage-class.ts'

test.each(['private', 'public-read', 'public-read-write'])('%s is an ACL', (acl) => {
  expect(parseBucketAcl(acl)).toBe(acl)
  expect(parseObjectAcl(acl)).toBe(acl)
})

test('default is an ACL of objects only', () => {
  expect(parseObjectAcl('default')).toBe('default')
  expect(() => parseBucketAcl('default')).toThrow(
    expect.objectContaining({
      code: 'InvalidArgument',
      details: [
        { name: 'ArgumentName', value: 'x-oss-acl' },
        { name: 'ArgumentValue', value: 'default' },
      ],
    }),
  )
})

test.each(['', 'Private', 'public', 'toString'])('%j is no ACL', (text) => {
  expect(() => parseBucketAcl(text)).toThrow(/must be one of/)
  expect(() => parseObjectAcl(text)).toThrow(/must be one of/)
})

test.each(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'])(
  '%s is a class',
  (name) => {
    expect(parseStorageClass('x-oss-storage-class', name)).toBe(name)
  },
)

test.each(['', 'standard', 'STANDARD', 'Glacier'])('%j is no storage class', (text) => {
  expect(() => parseStorageClass('StorageClass', text)).toThrow(/StorageClass must be one of/)
})

test('an ETag is upper-case inside and quoted outside', () => {
  expect(parseEtag('"abc"')).toBe('ABC')
  expect(parseEtag(' abc ')).toBe('ABC')
  expect(quoteEtag('ABC')).toBe('"ABC"')
  expect(etagOfMd5('ab')).toBe('AB')
})
