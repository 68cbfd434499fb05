/**
 * `npm run end-to-end`: a region under traffic from pods, in every failure that a cluster knows; the last line is
 * `N passed, N failed`.
 *
 * With names (`-- lost-pods`) only those suites run.
 *
 * @module
 */

import { makeOperatorImage } from '../cluster/operator-image.ts'
import { makeStorageNodeImage } from '../cluster/storage-node-image.ts'
import { runInCluster } from '../cluster/suite-runner.ts'
import { makeClockImage, makeNextImage } from './altered-builds.ts'
import { makeClientImage } from './client-image.ts'

const images = [makeStorageNodeImage, makeOperatorImage, makeClientImage]

/** In this order; each installs the chart, and takes it away again. */
const SUITES = [
  { path: 'end-to-end/lost-pods.cluster.ts', images },
  { path: 'end-to-end/lost-zones.cluster.ts', images },
  { path: 'end-to-end/lost-api-server.cluster.ts', images },
  { path: 'end-to-end/lost-state.cluster.ts', images },
  { path: 'end-to-end/wrong-clocks.cluster.ts', images: [...images, makeClockImage] },
  { path: 'end-to-end/planned-changes.cluster.ts', images: [...images, makeNextImage] },
  { path: 'end-to-end/external-hosts.cluster.ts', images },
  { path: 'end-to-end/applications.cluster.ts', images },
  { path: 'end-to-end/deletions.cluster.ts', images },
  { path: 'end-to-end/readme-commands.cluster.ts', images },
]

await runInCluster(SUITES, process.argv.slice(2))
