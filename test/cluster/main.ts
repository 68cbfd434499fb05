/**
 * `npm run cluster`: suites in a real Kubernetes cluster; the last line is `N passed, N failed`.
 *
 * With names (`-- config-stores storage-nodes`) only those suites run.
 *
 * @module
 */

import { ensureDebianPackages } from '../support/debian-packages.ts'
import { makeClientImage } from '../end-to-end/client-image.ts'
import { buildCosiPrograms } from './cosi-programs.ts'
import { makeOperatorImage } from './operator-image.ts'
import { makeStorageNodeImage } from './storage-node-image.ts'
import type { Suite } from './suite-runner.ts'
import { runInCluster } from './suite-runner.ts'

const storageNode = [makeStorageNodeImage]
const both = [makeStorageNodeImage, makeOperatorImage]

/** In this order; each has a namespace, or objects, of its own. */
const SUITES: readonly Suite[] = [
  { path: 'cluster/resources.cluster.ts' },
  { path: 'cluster/kubernetes-api.cluster.ts' },
  { path: 'cluster/chart.cluster.ts' },
  { path: 'cluster/alerts.cluster.ts', prepare: installPromtool },
  { path: 'cluster/election.cluster.ts' },
  { path: 'cluster/config-stores.cluster.ts' },
  { path: 'cluster/storage-nodes.cluster.ts', images: storageNode },
  { path: 'cluster/applied-resources.cluster.ts', images: storageNode },
  { path: 'cluster/install.cluster.ts', images: both },
  { path: 'cluster/cosi.cluster.ts', images: both, prepare: buildCosiPrograms },
  // Of the suites under traffic, what the gate has time for.
  { path: 'end-to-end/lost-api-server.cluster.ts', images: [...both, makeClientImage] },
]

await runInCluster(SUITES, process.argv.slice(2))

function installPromtool(): void {
  ensureDebianPackages({ files: ['promtool'], packages: ['prometheus'] })
}
