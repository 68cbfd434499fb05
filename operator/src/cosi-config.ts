/**
 * Settings of the COSI driver: environment in, values out, once.
 *
 * @module
 */

import type { ObjectName } from './resources/kubernetes-object.ts'
import { DNS_LABEL, Settings, type ClusterSettings, type Environment } from './settings.ts'

export interface CosiConfig extends ClusterSettings {
  /** What classes call the driver. */
  readonly driverName: string
  /** Where its Buckets and AccessKeys are. */
  readonly namespace: string
  /** The Region of classes that name none. */
  readonly defaultRegion: Required<ObjectName>
  readonly socketPath: string
  readonly probesPort: number
}

/** Names of the variables, by setting. */
export const cosiVariables = {
  driverName: 'GRANARY_COSI_DRIVER_NAME',
  namespace: 'GRANARY_COSI_NAMESPACE',
  socketPath: 'GRANARY_COSI_SOCKET',
  defaultRegion: 'GRANARY_DEFAULT_REGION',
  probesPort: 'GRANARY_PROBES_PORT',
} as const

/** As the specification of COSI has it. */
const DRIVER_NAME = /^[a-z0-9A-Z]([-a-z0-9A-Z.]{0,61}[a-z0-9A-Z])?$/
const DEFAULT_DRIVER_NAME = 'granary.dev'
/** Where the sidecar looks for it. */
const DEFAULT_SOCKET = '/var/lib/cosi/cosi.sock'

/** Reads the environment. Throws `SettingsError` with every mistake. */
export function parseCosiConfig(environment: Environment): CosiConfig {
  const settings = new Settings(environment)
  const { driverName, namespace, socketPath, defaultRegion, probesPort } = cosiVariables
  const where = settings.text(namespace, DNS_LABEL, 'the name of a namespace')
  const config = {
    driverName: settings.text(driverName, DRIVER_NAME, 'a domain name', DEFAULT_DRIVER_NAME),
    namespace: where,
    defaultRegion: settings.region(defaultRegion, where),
    socketPath: settings.absolutePath(socketPath, DEFAULT_SOCKET),
    probesPort: settings.probesPort(probesPort),
    ...settings.cluster(),
  }
  settings.check()
  return config
}
