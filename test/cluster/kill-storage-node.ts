/**
 * Kills the process of a storage node with -9, on its machine: the pod stays, its container starts again.
 *
 * @module
 */

import { runScript } from './bed.ts'
import { STORAGE_NODE_IMAGE } from './storage-node-image.ts'

/** On the pod's machine: it works while the API server is away. */
export function killStorageNode(zone: string, pod: string): void {
  const image = STORAGE_NODE_IMAGE.replaceAll('/', '.').replace(/:.*/, ':')
  const script = `
    for id in $(ctr --namespace k8s.io containers list 'labels."io.kubernetes.pod.name"==${pod}' |
      awk '/${image}/ {print $1}'); do
      ctr --namespace k8s.io tasks kill --signal SIGKILL "$id" || true
    done`
  runScript('node', [zone, 'exec', 'sh', '-c', script])
}
