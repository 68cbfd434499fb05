/**
 * What answers tell browsers whose pages are of another origin (oss.md 5.19).
 *
 * @module
 */

import type { BucketRecord } from '../model/bucket.ts'
import { findCorsRule } from '../model/cors.ts'
import type { CorsConfiguration, CorsRule } from '../model/cors.ts'
import { OssError } from '../model/errors.ts'
import type { FlatHeaders, OssRequest, OssResponse } from './http-message.ts'

const NONE: FlatHeaders = []
const VARY: FlatHeaders = ['Vary', 'Origin']

/** Headers of every answer to a request about the bucket, errors too; without a rule that fits, none. */
export function corsHeaders(
  { method, headers }: OssRequest,
  cors: CorsConfiguration | undefined,
): FlatHeaders {
  if (cors === undefined) return NONE
  const vary = cors.responseVary ? VARY : NONE
  const origin = headers['origin']
  if (origin === undefined) return vary
  const rule = findCorsRule(cors, { origin, method, headers: [] })
  return rule === undefined ? vary : [...ruleHeaders(rule, origin), ...vary]
}

/** Answers whether a page may send a request, whatever its target is. */
export function answerPreflight(
  { headers }: OssRequest,
  bucket: BucketRecord | undefined,
): OssResponse {
  const origin = headers['origin'] ?? ''
  const method = headers['access-control-request-method'] ?? ''
  if (origin === '' || method === '') {
    throw new OssError('BadRequest', {
      message: 'A preflight needs the headers Origin and Access-Control-Request-Method.',
    })
  }
  const cors = bucket?.cors
  if (cors === undefined) throw new OssError('AccessForbidden')
  const asked = namesOf(headers['access-control-request-headers'] ?? '')
  const rule = findCorsRule(cors, { origin, method, headers: asked })
  const vary = cors.responseVary ? VARY : NONE
  if (rule === undefined) throw notAllowed(vary)
  const allowed = asked.length === 0 ? NONE : ['Access-Control-Allow-Headers', asked.join(', ')]
  return { status: 200, headers: [...ruleHeaders(rule, origin), ...allowed, ...vary] }
}

function ruleHeaders(rule: CorsRule, origin: string): string[] {
  const { allowedOrigins, allowedMethods, exposeHeaders, maxAgeSeconds } = rule
  const headers = [
    'Access-Control-Allow-Origin',
    allowedOrigins.includes('*') ? '*' : origin,
    'Access-Control-Allow-Methods',
    allowedMethods.join(', '),
  ]
  if (exposeHeaders.length > 0) {
    headers.push('Access-Control-Expose-Headers', exposeHeaders.join(', '))
  }
  if (maxAgeSeconds !== undefined) headers.push('Access-Control-Max-Age', String(maxAgeSeconds))
  return headers
}

function namesOf(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function notAllowed(vary: FlatHeaders): OssError {
  return new OssError('AccessForbidden', {
    message:
      'CORSResponse: This CORS request is not allowed. No rule of the bucket has the Origin, the Access-Control-Request-Method and all Access-Control-Request-Headers.',
    ...(vary.length > 0 && { headers: { vary: 'Origin' } }),
  })
}
