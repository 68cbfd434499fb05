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

test('the StatefulSet of a zone has a name that pods can have, another one for each zone', () => {
  const { statefulSet } = regionNames('r'.repeat(32))
  const zones = ['zone-b', 'eu.west.1', 'eu-west-1', 'a'.repeat(63), `${'a'.repeat(62)}b`]
  const names = zones.map(statefulSet)
  for (const name of names) expect(`${name}-0`).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  // A label of its pods holds the name and eleven characters more.
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(52)
  expect(new Set(names).size).toBe(zones.length)
  expect(regionNames('r').statefulSet('zone-b')).toBe('r-zone-b')
})

test.each([{ namespace: 'a', name: 'b' }, { name: 'b' }])('%j has a key and back', (name) => {
  expect(nameOfKey(keyOf(name))).toEqual(name)
})
