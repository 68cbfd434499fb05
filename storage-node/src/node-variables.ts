/**
 * Reads the environment of a storage node and collects mistakes, so that all are told at once.
 *
 * @module
 */

import { isAbsolute } from 'node:path'
import type { RegionEndpoints, ServedHosts } from './contract/storage-node-pod.ts'
import { nodeVariables } from './contract/storage-node-pod.ts'
import { isDomain, LOCAL_DOMAIN } from './wire/oss/addressing.ts'

export type Environment = Readonly<Record<string, string | undefined>>
type Name = keyof typeof nodeVariables

const NO_ENDPOINTS: RegionEndpoints = { internal: { hosts: [], certificates: '' }, external: [] }

export class VariableReader {
  readonly #environment: Environment
  readonly mistakes: string[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  optional(name: Name): string | undefined {
    return this.#environment[nodeVariables[name]] || undefined
  }

  text(name: Name, pattern: RegExp, meaning: string): string {
    const value = this.optional(name)
    if (value === undefined) this.#mistake(name, 'must be set')
    else if (!pattern.test(value)) this.#mistake(name, `must be ${meaning}, is "${value}"`)
    return value ?? ''
  }

  choice<T extends string>(name: Name, values: readonly T[], otherwise: T): T {
    const value = this.optional(name)
    if (value === undefined) return otherwise
    const found = values.find((each) => each === value)
    if (found === undefined) {
      this.#mistake(name, `must be one of ${values.join(', ')}, is "${value}"`)
    }
    return found ?? otherwise
  }

  domain(): string {
    const value = this.optional('domain') ?? LOCAL_DOMAIN
    if (!isDomain(value)) this.#mistake('domain', `must be a name of a domain, is "${value}"`)
    return value
  }

  path(name: Name, otherwise?: string): string {
    const value = this.optional(name) ?? otherwise
    if (value === undefined) this.#mistake(name, 'must be set')
    else if (!isAbsolute(value)) this.#mistake(name, `must be an absolute path, is "${value}"`)
    return value ?? ''
  }

  number(name: Name, otherwise: number, max: number): number {
    const text = this.optional(name)
    if (text === undefined) return otherwise
    if (!/^\d{1,13}$/.test(text) || Number(text) > max) {
      this.#mistake(name, `must be a whole number from 0 to ${max}, is "${text}"`)
    }
    return Number(text)
  }

  tls(): { readonly certFile: string; readonly keyFile: string } | undefined {
    const certFile = this.optional('tlsCertFile')
    const keyFile = this.optional('tlsKeyFile')
    if (certFile === undefined && keyFile === undefined) return undefined
    if (certFile === undefined || keyFile === undefined) {
      const { tlsCertFile, tlsKeyFile } = nodeVariables
      this.mistakes.push(`${tlsCertFile} and ${tlsKeyFile} must be set together`)
      return undefined
    }
    return { certFile, keyFile }
  }

  endpoints(): RegionEndpoints {
    const text = this.optional('endpoints')
    if (text === undefined) this.#mistake('endpoints', 'must be set')
    const found = text === undefined ? undefined : parseEndpoints(text)
    if (text !== undefined && found === undefined) {
      const form = '{"internal": {"hosts": […], "certificates": "/…"}, "external": […]}'
      this.#mistake('endpoints', `must be JSON like ${form} with names of hosts, is "${text}"`)
    }
    return found ?? NO_ENDPOINTS
  }

  #mistake(name: Name, what: string): void {
    this.mistakes.push(`${nodeVariables[name]} ${what}`)
  }
}

/** Undefined: it is not of that form. */
function parseEndpoints(text: string): RegionEndpoints | undefined {
  try {
    const { internal, external } = JSON.parse(text) as Partial<RegionEndpoints>
    if (!isServed(internal) || internal.certificates === null) return undefined
    if (!Array.isArray(external)) return undefined
    return external.every(isServed) ? { internal, external } : undefined
  } catch {
    return undefined
  }
}

function isServed(value: unknown): value is ServedHosts {
  const { hosts, certificates } = (value ?? {}) as Partial<ServedHosts>
  return (
    Array.isArray(hosts) &&
    hosts.length > 0 &&
    hosts.every((host) => typeof host === 'string' && isDomain(host)) &&
    (certificates === null || (typeof certificates === 'string' && isAbsolute(certificates)))
  )
}
