import { decideClass, type KnownClass } from './storage-class.ts'
import { mustGrow } from './volume-growth.ts'

const known = (name: string, change: Partial<KnownClass> = {}): KnownClass => ({
  ...{ name, provisioner: 'ebs.csi.aws.com', isDefault: false, mayGrow: true, ...change },
})

test('takes the class that is named, else the default one', () => {
  const classes = [known('slow'), known('fast', { isDefault: true })]
  expect(decideClass(null, classes)).toMatchObject({
    kind: 'usable',
    storageClass: { name: 'fast' },
  })
  expect(decideClass('slow', classes)).toMatchObject({
    kind: 'usable',
    storageClass: { name: 'slow' },
  })
})

test.each<[string | null, KnownClass[], string, string]>([
  [null, [], 'NoStorageClass', 'no default StorageClass (there are: none)'],
  [null, [known('slow')], 'NoStorageClass', 'there are: slow'],
  ['quick', [known('slow')], 'NoStorageClass', 'There is no StorageClass quick'],
  ['nfs', [known('nfs', { provisioner: 'nfs.csi.k8s.io' })], 'SharedFileSystem', 'block devices'],
  ['efs', [known('efs', { provisioner: 'efs.csi.aws.com' })], 'SharedFileSystem', 'block devices'],
])('%s of %j is refused with %s', (wanted, classes, reason, words) => {
  const decision = decideClass(wanted, classes)
  expect(decision).toMatchObject({ kind: 'refused', refusal: { reason } })
  expect(JSON.stringify(decision)).toContain(words)
})

test.each([
  ['1Gi', '2Gi', true],
  ['2Gi', '2Gi', false],
  ['2048Mi', '2Gi', false],
  ['3Gi', '2Gi', false],
  ['1G', '1Gi', true],
  ['1500m', '2Gi', false],
  ['nonsense', '2Gi', false],
])('a volume of %s grows to %s: %s', (asked, wanted, grows) => {
  expect(mustGrow(asked, wanted)).toBe(grows)
})
