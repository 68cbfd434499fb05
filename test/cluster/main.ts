/**
 * `npm run cluster`: suites in a real Kubernetes cluster; the last line is `N passed, N failed`.
 *
 * With names (`-- config-stores storage-nodes`) only those suites run.
 *
 * @module
 */

import { makeOperatorImage } from './operator-image.ts'
import { makeStorageNodeImage } from './storage-node-image.ts'
import { runInCluster } from './suite-runner.ts'

/** In this order; each has a namespace, or objects, of its own. */
const SUITES = [
  ...['cluster/resources.cluster.ts', 'cluster/kubernetes-api.cluster.ts'],
  ...['cluster/chart.cluster.ts', 'cluster/alerts.cluster.ts', 'cluster/election.cluster.ts'],
  ...['cluster/config-stores.cluster.ts', 'cluster/storage-nodes.cluster.ts'],
  ...['cluster/applied-resources.cluster.ts', 'cluster/install.cluster.ts'],
  'cluster/cosi.cluster.ts',
]

const images = [makeStorageNodeImage, makeOperatorImage]
await runInCluster({ suites: SUITES, images }, process.argv.slice(2))
