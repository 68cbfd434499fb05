/**
 * The public key that callbacks are verified with, where application servers find it (oss.md 5.18).
 *
 * It is at the bare endpoint, under a name that no bucket can have.
 *
 * @module
 */

import type { CallbackService } from '../services/callback-service.ts'
import type { EndpointSuffixes } from '../wire/oss/addressing.ts'
import { resolveAddress } from '../wire/oss/addressing.ts'
import type { OssRequest, RequestHandler } from './http-message.ts'
import type { RegionFacts } from './operation.ts'

const NAME = 'callback_pub_key_v1.pem'
const PATH = `/${NAME}`

/** Where the key is, for whoever is called because of this request. */
export function callbackKeyUrl({ secure }: OssRequest, { extranetEndpoint }: RegionFacts): string {
  return `${secure ? 'https' : 'http'}://${extranetEndpoint}${PATH}`
}

/** Serves the key, and hands everything else on. */
export function publishCallbackKey(
  callbacks: Pick<CallbackService, 'key'>,
  suffixes: EndpointSuffixes,
  next: RequestHandler,
): RequestHandler {
  return async (request) => {
    if (!isForKey(request, suffixes)) return next(request)
    request.facts.operation = 'GetCallbackKey'
    const { publicKey } = await callbacks.key()
    return { status: 200, headers: ['Content-Type', 'application/x-pem-file'], body: publicKey }
  }
}

function isForKey({ method, host, rawPath }: OssRequest, suffixes: EndpointSuffixes): boolean {
  if (rawPath !== PATH || (method !== 'GET' && method !== 'HEAD')) return false
  return resolveAddress(host, rawPath, suffixes).bucket === NAME
}
