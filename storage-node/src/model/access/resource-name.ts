/**
 * Names of resources in policies: `acs:<service>:<region>:<owner>:<path>`.
 *
 * @module
 */

import { compileWildcard } from './wildcard.ts'

/** What a request is about. */
export interface ResourceName {
  readonly service: string
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  readonly owner: string
  /** `<bucket>`, `<bucket>/<key>`; `*` where a request names no bucket. */
  readonly path: string
}

/** A resource of a policy, split. */
export interface ResourcePattern {
  readonly service: string
  readonly region: string
  readonly owner: string
  readonly path: string
}

/** Returns undefined for what is no name of a resource. */
export function parseResource(text: string): ResourcePattern | undefined {
  if (text === '*') return { service: '*', region: '*', owner: '*', path: '*' }
  const [scheme, service, region, owner, ...path] = text.split(':')
  if (scheme !== 'acs' || service === undefined || region === undefined || owner === undefined) {
    return undefined
  }
  // Keys have colons too.
  return path.length === 0 ? undefined : { service, region, owner, path: path.join(':') }
}

export type ResourceMatcher = (resource: ResourceName) => boolean

/** Prepares names of which one has to match; what is no name matches nothing. */
export function compileResources(resources: readonly string[]): ResourceMatcher {
  const matchers = resources.flatMap((text) => {
    const pattern = parseResource(text)
    return pattern === undefined ? [] : [compileResource(pattern)]
  })
  const [only] = matchers
  if (matchers.length === 1 && only !== undefined) return only
  return (resource) => {
    for (const matches of matchers) if (matches(resource)) return true
    return false
  }
}

/** The path comes first: it is what tells most statements of a policy apart. */
function compileResource({ service, region, owner, path }: ResourcePattern): ResourceMatcher {
  const isPath = compileWildcard(path)
  const isService = compileWildcard(service)
  const isRegion = compileWildcard(region.replace(/^oss-/, ''))
  const isOwner = compileWildcard(owner)
  const isAnyRegion = region === '*' || region === ''
  const isAnyOwner = owner === '*' || owner === ''
  return (resource) =>
    isPath(resource.path) &&
    (service === resource.service || isService(resource.service)) &&
    (isAnyRegion || isRegion(resource.region)) &&
    (isAnyOwner || owner === resource.owner || isOwner(resource.owner))
}
