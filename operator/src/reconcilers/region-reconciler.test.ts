import { readPlacement } from '@granary/storage-node/contract/kubernetes-records'
import { secrets, services } from '../resources/built-in.ts'
import { placementMaps } from '../resources/placement-map.ts'
import { regions } from '../resources/region.ts'
import { NAMESPACE, REGION, TestCluster } from './reconciler-fixtures.ts'

const inNamespace = (name: string) => ({ namespace: NAMESPACE, name })
const regionIs = (test: TestCluster, condition: string) =>
  test.condition(regions, NAMESPACE, REGION, condition)

test('a Region becomes Ready with a storage node in each of three zones', async () => {
  const test = await TestCluster.serving()
  expect(regionIs(test, 'Ready')).toBe('True Serving')
  expect(regionIs(test, 'QuorumAtRisk')).toBe('False AllZonesReady')
  expect(regionIs(test, 'Degraded')).toBe('False AllThere')
  expect(regionIs(test, 'Progressing')).toBe('False Settled')
  const region = await test.getRegion()
  expect(region?.status?.zones?.map(({ name, ready }) => [name, ready])).toEqual([
    ['a', 1],
    ['b', 1],
    ['c', 1],
  ])
  expect(region?.status?.partitions).toEqual({ total: 25, active: 25, underReplicated: 0 })
  const map = await test.api.get(placementMaps, inNamespace(REGION))
  expect(readPlacement(map!).stores.map(({ name }) => name)).toEqual([
    ...[`${REGION}-a-0`, `${REGION}-b-0`, `${REGION}-c-0`],
  ])
  for (const name of ['keys', 'authority', 'operator-certificate', 'gateway-certificate']) {
    expect(await test.api.get(secrets, inNamespace(`${REGION}-${name}`))).toBeDefined()
  }
  expect(await test.api.get(services, inNamespace(`oss-${REGION}`))).toBeDefined()
})
