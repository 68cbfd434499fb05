/**
 * The API server as somebody with a kubeconfig sees it, with the operator's own client.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { HttpKubernetesApi } from '../../operator/src/testing.ts'
import type { KubernetesApi } from '../../operator/src/testing.ts'
import { systemClock } from '../../storage-node/src/base/clock.ts'
import { silentLogger } from '../../storage-node/src/base/logger.ts'
import { ApiClient } from '../../storage-node/src/testing.ts'
import { bedEnvironment } from './bed.ts'

export interface KubeconfigClient {
  readonly client: ApiClient
  /** Whose fields it applies; undefined: the operator's. */
  as(manager?: string): KubernetesApi
  close(): void
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }]
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }]
}

/** With the only user and the only cluster of the test bed's file. */
export function openKubeconfigClient(): KubeconfigClient {
  const path = bedEnvironment()['KUBECONFIG'] ?? ''
  const { clusters, users } = parse(readFileSync(path, 'utf8')) as Kubeconfig
  const [{ cluster }] = clusters
  const [{ user }] = users
  const decode = (text = '') => Buffer.from(text, 'base64').toString()
  const pair = {
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  }
  const client = new ApiClient({
    server: cluster['server'] ?? '',
    authority: async () => decode(cluster['certificate-authority-data']),
    token: async () => user['token'],
    pair: async () => (pair.cert === '' ? undefined : pair),
    clock: systemClock,
  })
  const options = { api: client, clock: systemClock, logger: silentLogger }
  return {
    client,
    as: (manager) => new HttpKubernetesApi({ ...options, ...(manager && { manager }) }),
    close: () => client.close(),
  }
}
