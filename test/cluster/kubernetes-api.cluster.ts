/**
 * The operator's view of a real API server: the compliance suite that its double in memory passes, too.
 *
 * @module
 */

import { describeKubernetesApi, leases, kubernetesLease } from '../../operator/src/testing.ts'
import { apply, kubectl } from './bed.ts'
import { openKubeconfigClient } from './kubeconfig-client.ts'

/** A namespace that goes takes a while, and nothing new may be in it. */
const run = Date.now().toString(36)
let count = 0
const made: string[] = []

async function openNamespaces(): Promise<[string, string]> {
  const names: [string, string] = [`api-${run}-${++count}`, `api-${run}-${++count}`]
  made.push(...names)
  await apply(names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })))
  return names
}

afterAll(async () => {
  await kubectl(['delete', 'namespace', '--wait=false', '--ignore-not-found', ...made])
})

describeKubernetesApi('in a cluster', async () => {
  const cluster = openKubeconfigClient()
  return {
    api: cluster.as(),
    other: cluster.as('suite'),
    namespaces: await openNamespaces(),
    close: async () => cluster.close(),
  }
})

test('a Lease is taken by one of many, and given on by its holder only', async () => {
  const cluster = openKubeconfigClient()
  const [namespace] = await openNamespaces()
  const lease = kubernetesLease(cluster.as(), { namespace, name: 'leader' })
  expect(await lease.read()).toBeUndefined()
  const content = (holder: string) => ({
    ...{ holder, durationSeconds: 12, transitionCount: 0 },
    ...{ acquiredMs: 1_000, renewedMs: 1_000 },
  })
  const race = ['a', 'b', 'c'].map((holder) => lease.write(content(holder), undefined))
  expect((await Promise.all(race)).sort()).toEqual(['lost', 'lost', 'won'])
  const record = await lease.read()
  expect(record).toMatchObject({ durationSeconds: 12, acquiredMs: 1_000, renewedMs: 1_000 })
  const renewals = ['x', 'y'].map((holder) => lease.write(content(holder), record?.version))
  expect((await Promise.all(renewals)).sort()).toEqual(['lost', 'won'])
  const object = await cluster.as().get(leases, { namespace, name: 'leader' })
  expect(object?.spec?.renewTime).toBe('1970-01-01T00:00:01.000000Z')
  cluster.close()
})
