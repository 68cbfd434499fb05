import { mayNotTakeNames, namesakes, type NamedRegion } from './taken-names.ts'

const region = (name: string, zones: readonly string[], change: Partial<NamedRegion> = {}) => ({
  ...{ name, zones, namespace: 'granary', uid: name, madeAt: '2026-01-01T00:00:00Z' },
  ...change,
})
const older = { madeAt: '2025-01-01T00:00:00Z' }
const own = region('eu-a', ['b', 'c', 'd'])

test.each<[string, NamedRegion]>([
  ['itself', own],
  ['a younger one', region('eu', ['a-b'], { madeAt: '2027-01-01T00:00:00Z' })],
  ['one in another namespace', region('eu', ['a-b'], { ...older, namespace: 'other' })],
  ['one that has chosen no zones', region('eu', [], older)],
  ['one with other names', region('eu', ['a', 'b'], older)],
])('names are free beside %s', (_name, other) => {
  expect(mayNotTakeNames(own, [own, other], [{ name: 'eu-a-b', region: 'eu-a' }])).toBeUndefined()
})

test.each<[string, NamedRegion, string]>([
  ['StatefulSets', region('eu', ['a-b'], older), 'StatefulSet eu-a-b'],
  ['Services', region('eu-a-gateway', ['x'], older), 'Service oss-eu-a-gateway'],
  ['names, made at the same time', region('eu', ['a-b'], { uid: 'earlier' }), 'StatefulSet eu-a-b'],
])('an older Region keeps its %s', (_name, other, what) => {
  const refusal = mayNotTakeNames(own, [own, other], [])
  expect(refusal?.reason).toBe('NameTaken')
  expect(refusal?.message).toContain(what)
  expect(refusal?.message).toContain('another name or in another namespace')
})

test("somebody else's StatefulSet is not taken over", () => {
  const refusal = mayNotTakeNames(own, [own], [{ name: 'eu-a-c', region: undefined }])
  expect(refusal?.message).toMatch(
    /^StatefulSet eu-a-c of this namespace belongs to something else/,
  )
})

test('of Regions of one name in several namespaces, the younger ones say so', () => {
  const first = region('eu-a', ['x'], { ...older, namespace: 'first', uid: 'first' })
  expect(namesakes(own, [own, first])).toEqual(['first'])
  expect(namesakes(first, [own, first])).toBeUndefined()
})
