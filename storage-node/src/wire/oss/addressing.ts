/**
 * Which bucket and key a request addresses (oss.md 5.20).
 *
 * A host that is an endpoint with one more label in front addresses a bucket by that label; the bare
 * endpoint and IP addresses carry the bucket in the path. What clients put into Host for which
 * endpoint is in conformance.md.
 *
 * @module
 */

import { isIPv4, isIPv6 } from 'node:net'
import { OssError } from '../../model/errors.ts'

/** Hosts that are endpoints, lower-case and without port; longer ones are matched first. */
export type EndpointSuffixes = readonly string[]

export interface Address {
  /** Not checked; undefined when the service itself is addressed. */
  readonly bucket: string | undefined
  /** Percent-encoded, without its leading slash; undefined when the bucket itself is addressed. */
  readonly rawKey: string | undefined
  readonly style: 'virtualHost' | 'path'
}

/** Endpoints are below it unless another one is chosen: names below it are this machine (RFC 6761). */
export const LOCAL_DOMAIN = 'localhost'
const DOMAIN_LENGTH_MAX = 180
const HTTP_PORT = 80
const HTTPS_PORT = 443
const DOMAIN = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** True for a name below which endpoints may be; an address has nothing below it. */
export function isDomain(text: string): boolean {
  return text.length <= DOMAIN_LENGTH_MAX && DOMAIN.test(text) && !isIPv4(text)
}

/** Hosts at which clients reach a region, from everywhere and from within it. */
export function endpointsBelow(domain: string, region: string) {
  return { extranet: `oss-${region}.${domain}`, intranet: `oss-${region}-internal.${domain}` }
}

/** As answers name it: the port that its scheme has anyway is not said, and not dialled under another scheme. */
export function endpointAt(host: string, port: number, isSecure: boolean): string {
  return port === (isSecure ? HTTPS_PORT : HTTP_PORT) ? host : `${host}:${port}`
}

/** Endpoints of a region: in local mode, on the cloud's domain, and those of `further`. */
export function endpointSuffixes(
  region: string,
  further: readonly string[] = [],
): EndpointSuffixes {
  const hosts = [
    ...['localhost', `${region}.localhost`, `oss-${region}.localhost`],
    ...[`oss-${region}-internal.localhost`],
    ...[
      `oss-${region}.aliyuncs.com`,
      `oss-${region}-internal.aliyuncs.com`,
      `${region}.aliyuncs.com`,
    ],
    ...[`${region}.oss.aliyuncs.com`, 'oss-accelerate.aliyuncs.com'],
    ...further.map((host) => hostName(host)),
  ]
  return [...new Set(hosts)].sort((a, b) => b.length - a.length)
}

/** Splits host and path. Throws NonStandardHostForbidden for a host that is no endpoint. */
export function resolveAddress(
  hostHeader: string,
  rawPath: string,
  suffixes: EndpointSuffixes,
): Address {
  const path = rawPath.startsWith('/') ? rawPath.slice(1) : ''
  const label = bucketLabel(hostName(hostHeader), suffixes)
  // One client leaves the label empty, or writes `undefined`, where it has no bucket to name.
  const isNone = label === undefined || label === '' || (label === NO_BUCKET && path === '')
  if (isNone) return addressOfPath(path)
  return { bucket: label, rawKey: path === '' ? undefined : path, style: 'virtualHost' }
}

const NO_BUCKET = 'undefined'

/** The label in front of an endpoint; undefined when there is none. */
function bucketLabel(host: string, suffixes: EndpointSuffixes): string | undefined {
  if (host === '') return undefined
  for (const suffix of suffixes) {
    if (!host.endsWith(suffix)) continue
    const rest = host.length - suffix.length
    if (rest === 0) return undefined
    // Bucket names have no dots: what does is below some other endpoint.
    if (host[rest - 1] === '.' && host.indexOf('.') === rest - 1) return host.slice(0, rest - 1)
  }
  if (isIPv4(host) || isIPv6(host)) return undefined
  throw new OssError('NonStandardHostForbidden', { details: [{ name: 'Host', value: host }] })
}

function addressOfPath(path: string): Address {
  const slash = path.indexOf('/')
  const bucket = slash < 0 ? path : path.slice(0, slash)
  const rawKey = slash < 0 ? '' : path.slice(slash + 1)
  return {
    bucket: bucket === '' && slash < 0 ? undefined : bucket,
    rawKey: rawKey === '' ? undefined : rawKey,
    style: 'path',
  }
}

/** Host without port, brackets and trailing dot, lower-case. */
function hostName(hostHeader: string): string {
  const host = hostHeader.toLowerCase()
  if (host.startsWith('[')) return host.slice(1, Math.max(host.indexOf(']'), 1))
  const colon = host.indexOf(':')
  const name = colon < 0 ? host : host.slice(0, colon)
  return name.endsWith('.') ? name.slice(0, -1) : name
}
