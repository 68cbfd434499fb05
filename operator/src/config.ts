/**
 * Settings of the operator: environment in, values out, once.
 *
 * @module
 */

import { isAbsolute } from 'node:path'
import type { PodSurroundings } from './kubernetes/cluster-access.ts'
import type { ObjectName } from './resources/kubernetes-object.ts'

export interface OperatorConfig {
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
  /** Where the API server is; outside of a pod by the kubeconfig. */
  readonly pod: PodSurroundings | undefined
  readonly kubeconfig: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Names of the variables, by setting. */
export const operatorVariables = {
  identity: 'GRANARY_OPERATOR_NAME',
  namespace: 'GRANARY_OPERATOR_NAMESPACE',
  defaultRegion: 'GRANARY_DEFAULT_REGION',
  storageNodeImage: 'GRANARY_STORAGE_NODE_IMAGE',
  probesPort: 'GRANARY_PROBES_PORT',
  resyncSeconds: 'GRANARY_RESYNC_SECONDS',
} as const
type Name = keyof typeof operatorVariables

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const PROBES_PORT = 7003
const RESYNC_SECONDS = 300
const RESYNC_SECONDS_MAX = 86_400

/** Settings that do not let the operator start; the message has every mistake. */
export class OperatorConfigError extends Error {
  override readonly name = 'OperatorConfigError'

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '))
  }
}

/** Reads the environment. Throws `OperatorConfigError` with every mistake. */
export function parseOperatorConfig(environment: Environment): OperatorConfig {
  const mistakes: string[] = []
  const text = (name: Name, pattern: RegExp, meaning: string, otherwise?: string): string => {
    const value = environment[operatorVariables[name]] || otherwise
    if (value === undefined) mistakes.push(`${operatorVariables[name]} must be set`)
    else if (!pattern.test(value)) {
      mistakes.push(`${operatorVariables[name]} must be ${meaning}, is "${value}"`)
    }
    return value ?? ''
  }
  const number = (name: Name, otherwise: number, min: number, max: number): number => {
    const meaning = `a whole number from ${min} to ${max}`
    const value = Number(text(name, /^\d{1,6}$/, meaning, String(otherwise)))
    if (value < min || value > max) {
      mistakes.push(`${operatorVariables[name]} must be ${meaning}, is "${value}"`)
    }
    return value
  }
  const namespace = text('namespace', DNS_LABEL, 'the name of a namespace')
  const region = /^([a-z0-9-]+\/)?[a-z][a-z0-9-]{0,30}[a-z0-9]$/
  const defaultRegion = text(
    'defaultRegion',
    region,
    'a Region as name or namespace/name',
    'cn-hangzhou',
  )
  const config = {
    identity: text('identity', /^\S{1,128}$/, 'a name of at most 128 characters'),
    namespace,
    defaultRegion: regionOf(defaultRegion, namespace),
    storageNodeImage: text('storageNodeImage', /^\S{1,512}$/, 'the name of an image'),
    probesPort: number('probesPort', PROBES_PORT, 0, 65_535),
    resyncMs: number('resyncSeconds', RESYNC_SECONDS, 10, RESYNC_SECONDS_MAX) * 1_000,
    pod: podOf(environment),
    kubeconfig: kubeconfigOf(environment, mistakes),
  }
  if (mistakes.length > 0) throw new OperatorConfigError(mistakes)
  return config
}

function regionOf(text: string, namespace: string): Required<ObjectName> {
  const slash = text.indexOf('/')
  return slash === -1
    ? { namespace, name: text }
    : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

function podOf(environment: Environment): PodSurroundings | undefined {
  const serviceHost = environment['KUBERNETES_SERVICE_HOST']
  const servicePort = environment['KUBERNETES_SERVICE_PORT']
  if (!serviceHost || !servicePort) return undefined
  return { serviceHost, servicePort }
}

function kubeconfigOf(environment: Environment, mistakes: string[]): string | undefined {
  const path = environment['KUBECONFIG'] || undefined
  if (path !== undefined && !isAbsolute(path)) {
    mistakes.push(`KUBECONFIG must be one absolute path, is "${path}"`)
  }
  return path
}
