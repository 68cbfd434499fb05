/**
 * How the operator reaches a cluster: as its pod is told to, or outside of one by a kubeconfig.
 *
 * In a pod it is a token in a file. All the other ways to authenticate are what `@kubernetes/client-node` is for; it
 * takes 85 MB and a second to load, and in a pod it is not loaded.
 *
 * @module
 */

import type { ApiClientOptions } from '@granary/storage-node/kubernetes/api-client'
import { serviceAccount } from '@granary/storage-node/kubernetes/service-account'

export type ClusterAccess = Omit<ApiClientOptions, 'clock'>

/** Where Kubernetes says that its API is; absent outside of a pod. */
export interface PodSurroundings {
  readonly serviceHost: string
  readonly servicePort: string
}

interface TlsOptions {
  readonly ca?: unknown
  readonly cert?: unknown
  readonly key?: unknown
  readonly headers?: Readonly<Record<string, unknown>>
}

export async function clusterAccess(
  pod: PodSurroundings | undefined,
  kubeconfig: string | undefined,
): Promise<ClusterAccess> {
  if (kubeconfig === undefined && pod !== undefined) return serviceAccount(pod)
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  if (kubeconfig === undefined) config.loadFromDefault()
  else config.loadFromFile(kubeconfig)
  const server = config.getCurrentCluster()?.server
  if (server === undefined) throw new Error('The kubeconfig names no cluster')
  const told = async () => {
    const options: TlsOptions = {}
    await config.applyToHTTPSOptions(options as Parameters<typeof config.applyToHTTPSOptions>[0])
    return options
  }
  return {
    server,
    ...((await told()).ca !== undefined && { authority: async () => textOf((await told()).ca) }),
    async token() {
      const { Authorization } = (await told()).headers ?? {}
      return textOf(Authorization).replace(/^Bearer /, '') || undefined
    },
    async pair() {
      const { cert, key } = await told()
      return cert === undefined ? undefined : { cert: textOf(cert), key: textOf(key) }
    },
  }
}

function textOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString() : String(value ?? '')
}
