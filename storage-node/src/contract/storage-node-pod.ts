/**
 * The pod of a storage node: its ports, its paths, how it is found, and what it is told.
 *
 * The operator builds the pod from these, and the storage node in it takes them as defaults.
 *
 * @module
 */

/** Ports of the pod, by their names. */
export const podPorts = {
  http: 8080,
  https: 8443,
  /** Other storage nodes, over TLS. */
  peers: 7000,
  /** The same for beacons, which a thread of their own receives. */
  beacons: 7001,
  /** The operator, over TLS with its certificate. */
  admin: 7002,
  /** `/live`, `/ready` and `/metrics`, without TLS. */
  probes: 7003,
} as const

/** The user that the pod runs as; its volume belongs to it. */
export const POD_USER_ID = 10_001
/** What an orderly stop may take: requests are drained, primaries handed over, everything flushed. */
export const STOP_SECONDS_MAX = 60

/** Where things are in the pod; only the volume and the temporary directory can be written to. */
export const podPaths = {
  volume: '/var/lib/granary',
  store: '/var/lib/granary/store',
  logs: '/var/lib/granary/log',
  temporary: '/tmp',
  /** Secret of the zone: `authority.crt`, and a pair for each of its pods. */
  certificates: '/etc/granary/certificates',
  /** Secret of the key ring. */
  keys: '/etc/granary/keys',
  keyRing: '/etc/granary/keys/keys.json',
  /** What callbacks are signed with: `privateKey` and `publicKey`, PEM texts in JSON. */
  callbackKey: '/etc/granary/keys/callback-key.json',
  /** `tls.crt` and `tls.key` for clients inside the cluster. */
  gateway: '/etc/granary/gateway',
  /** A directory with `tls.crt` and `tls.key` for each external host: `0`, `1` and so on. */
  external: '/etc/granary/external',
} as const

/** Environment of a storage node, by setting; most have a default in a pod. */
export const nodeVariables = {
  /** `kubernetes`: configurations are in the API server; otherwise behind a socket. */
  config: 'GRANARY_CONFIG',
  namespace: 'GRANARY_NAMESPACE',
  /** JSON, see `RegionEndpoints`. */
  endpoints: 'GRANARY_ENDPOINTS',
  keyRing: 'GRANARY_KEYS',
  storeDirectory: 'GRANARY_STORE_DIRECTORY',
  zone: 'GRANARY_ZONE',
  name: 'GRANARY_NODE_NAME',
  region: 'GRANARY_REGION',
  domain: 'GRANARY_DOMAIN',
  httpHost: 'GRANARY_HTTP_HOST',
  httpPort: 'GRANARY_HTTP_PORT',
  httpsPort: 'GRANARY_HTTPS_PORT',
  peerHost: 'GRANARY_PEER_HOST',
  peerPort: 'GRANARY_PEER_PORT',
  peerAddress: 'GRANARY_PEER_ADDRESS',
  beaconPort: 'GRANARY_BEACON_PORT',
  beaconAddress: 'GRANARY_BEACON_ADDRESS',
  adminPort: 'GRANARY_ADMIN_PORT',
  probePort: 'GRANARY_PROBE_PORT',
  configSocket: 'GRANARY_CONFIG_SOCKET',
  certificates: 'GRANARY_CERTIFICATES',
  regionDirectory: 'GRANARY_REGION_DIRECTORY',
  logDirectory: 'GRANARY_LOG_DIRECTORY',
  tlsCertFile: 'GRANARY_TLS_CERT',
  tlsKeyFile: 'GRANARY_TLS_KEY',
  gcGraceMs: 'GRANARY_GC_GRACE_MS',
  restoreDelayMs: 'GRANARY_RESTORE_DELAY_MS',
  restoreDayMs: 'GRANARY_RESTORE_DAY_MS',
  mayCallPrivate: 'GRANARY_CALLBACK_PRIVATE',
  callbackKeyUrl: 'GRANARY_CALLBACK_KEY_URL',
  isOneKernel: 'GRANARY_ONE_KERNEL',
} as const

/** Hosts that one certificate is for, and the directory with its `tls.crt` and `tls.key`. */
export interface ServedHosts {
  /** Endpoints: each is also served with a bucket in front. The first is the one that answers name. */
  readonly hosts: readonly string[]
  /** Null: they have none, and are served without TLS. */
  readonly certificates: string | null
}

/** At which hosts clients reach a region. */
export interface RegionEndpoints {
  readonly internal: ServedHosts
  readonly external: readonly ServedHosts[]
}

/** Names of a region's Services in the cluster. */
export function serviceNames(region: string) {
  return { buckets: `oss-${region}`, gateway: `oss-${region}-gateway`, peers: `${region}-peers` }
}

/** Hosts at which pods of the cluster reach a region, whatever of the search path they leave out. */
export function internalHosts(region: string, namespace: string): string[] {
  const { buckets, gateway } = serviceNames(region)
  return [buckets, gateway].flatMap((service) => {
    const host = `${service}.${namespace}.svc`
    return [host, `${host}.cluster.local`, `${service}.${namespace}`, service]
  })
}

/** How a pod is reached by others: the cluster's search path makes the rest of the name. */
export function podHost(region: string, namespace: string, pod: string): string {
  return `${pod}.${serviceNames(region).peers}.${namespace}.svc`
}
