import { keyOf, nameOfKey } from './kubernetes-object.ts'
import { regionHosts, regionNames, zoneLabels } from './names.ts'

test('what belongs to a region is named after it', () => {
  const names = regionNames('cn-hangzhou')
  expect(names.pod('zone-b', 0)).toBe('cn-hangzhou-zone-b-0')
  expect(names.zoneCertificates('zone-b')).toBe('cn-hangzhou-zone-b-certificates')
  expect(regionHosts('cn-hangzhou', 'granary').bucket('photos')).toBe(
    'photos.oss-cn-hangzhou.granary.svc',
  )
  expect(zoneLabels('r', 'z')).toMatchObject({ 'granary.dev/region': 'r', 'granary.dev/zone': 'z' })
})

test.each([
  ['eu.west.1', 'r-eu-west-1'],
  ['a'.repeat(63), `r-${'a'.repeat(50)}`],
  [`${'a'.repeat(49)}-b`, `r-${'a'.repeat(49)}`],
])('the StatefulSet of zone %s is %s', (zone, name) => {
  expect(regionNames('r').statefulSet(zone)).toBe(name)
})

test.each([{ namespace: 'a', name: 'b' }, { name: 'b' }])('%j has a key and back', (name) => {
  expect(nameOfKey(keyOf(name))).toEqual(name)
})
