/**
 * Settings of the operator: environment in, values out, once.
 *
 * @module
 */

import type { ObjectName } from './resources/kubernetes-object.ts'
import { DNS_LABEL, Settings, type ClusterSettings, type Environment } from './settings.ts'

export interface OperatorConfig extends ClusterSettings {
  /** Of this process among the operators; no other one ever has the same. */
  readonly identity: string
  /** The namespace that the operator runs in. */
  readonly namespace: string
  /** The Region of resources that name none. */
  readonly defaultRegion: Required<ObjectName>
  /** The image that storage nodes run. */
  readonly storageNodeImage: string
  readonly probesPort: number
  readonly resyncMs: number
}

/** Names of the variables, by setting. */
export const operatorVariables = {
  identity: 'GRANARY_OPERATOR_NAME',
  namespace: 'GRANARY_OPERATOR_NAMESPACE',
  defaultRegion: 'GRANARY_DEFAULT_REGION',
  storageNodeImage: 'GRANARY_STORAGE_NODE_IMAGE',
  probesPort: 'GRANARY_PROBES_PORT',
  resyncSeconds: 'GRANARY_RESYNC_SECONDS',
} as const

const RESYNC_SECONDS = 300
const RESYNC_SECONDS_MAX = 86_400

/** Reads the environment. Throws `SettingsError` with every mistake. */
export function parseOperatorConfig(environment: Environment): OperatorConfig {
  const settings = new Settings(environment)
  const { identity, resyncSeconds, storageNodeImage, ...names } = operatorVariables
  const namespace = settings.text(names.namespace, DNS_LABEL, 'the name of a namespace')
  const config = {
    identity: settings.text(identity, /^\S{1,128}$/, 'a name of at most 128 characters'),
    namespace,
    defaultRegion: settings.region(names.defaultRegion, namespace),
    storageNodeImage: settings.text(storageNodeImage, /^\S{1,512}$/, 'the name of an image'),
    probesPort: settings.probesPort(names.probesPort),
    resyncMs: settings.number(resyncSeconds, RESYNC_SECONDS, 10, RESYNC_SECONDS_MAX) * 1_000,
    ...settings.cluster(),
  }
  settings.check()
  return config
}
