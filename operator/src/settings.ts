/**
 * Reads settings from the environment, and keeps every mistake until all of them can be told.
 *
 * @module
 */

import { isAbsolute } from 'node:path'
import type { PodSurroundings } from './kubernetes/cluster-access.ts'
import type { ObjectName } from './resources/kubernetes-object.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const REGION = /^([a-z0-9-]+\/)?[a-z][a-z0-9-]{0,30}[a-z0-9]$/
const DEFAULT_REGION = 'cn-hangzhou'
const PROBES_PORT = 7003

/** Settings that do not let a program start; the message has every mistake. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '))
  }
}

export class Settings {
  readonly #environment: Environment
  readonly #mistakes: string[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  text(variable: string, pattern: RegExp, meaning: string, otherwise?: string): string {
    const value = this.#environment[variable] || otherwise
    if (value === undefined) this.#mistakes.push(`${variable} must be set`)
    else if (!pattern.test(value)) {
      this.#mistakes.push(`${variable} must be ${meaning}, is "${value}"`)
    }
    return value ?? ''
  }

  number(variable: string, otherwise: number, min: number, max: number): number {
    const meaning = `a whole number from ${min} to ${max}`
    const value = Number(this.text(variable, /^\d{1,6}$/, meaning, String(otherwise)))
    if (value < min || value > max) {
      this.#mistakes.push(`${variable} must be ${meaning}, is "${value}"`)
    }
    return value
  }

  absolutePath(variable: string, otherwise?: string): string {
    return this.text(variable, /^\/[^\0]{0,4095}$/, 'one absolute path', otherwise)
  }

  /** As `namespace/name`, or as a name in `namespace`. */
  region(variable: string, namespace: string): Required<ObjectName> {
    const meaning = 'a Region as name or namespace/name'
    const text = this.text(variable, REGION, meaning, DEFAULT_REGION)
    const slash = text.indexOf('/')
    return slash === -1
      ? { namespace, name: text }
      : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
  }

  probesPort(variable: string): number {
    return this.number(variable, PROBES_PORT, 0, 65_535)
  }

  /** Where the API server is: as a pod is told, or outside of one by a kubeconfig. */
  cluster(): ClusterSettings {
    const serviceHost = this.#environment['KUBERNETES_SERVICE_HOST']
    const servicePort = this.#environment['KUBERNETES_SERVICE_PORT']
    const kubeconfig = this.#environment['KUBECONFIG'] || undefined
    if (kubeconfig !== undefined && !isAbsolute(kubeconfig)) {
      this.#mistakes.push(`KUBECONFIG must be one absolute path, is "${kubeconfig}"`)
    }
    const pod = serviceHost && servicePort ? { serviceHost, servicePort } : undefined
    return { pod, kubeconfig }
  }

  /** Throws `SettingsError` where there is a mistake. */
  check(): void {
    if (this.#mistakes.length > 0) throw new SettingsError(this.#mistakes)
  }
}

export interface ClusterSettings {
  readonly pod: PodSurroundings | undefined
  readonly kubeconfig: string | undefined
}
