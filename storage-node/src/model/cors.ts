/**
 * What a bucket lets pages of other origins do (oss.md 5.19).
 *
 * @module
 */

export type CorsMethod = 'GET' | 'PUT' | 'DELETE' | 'POST' | 'HEAD'

export const CORS_METHODS: readonly CorsMethod[] = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD']

export interface CorsRule {
  /** With one `*` at most, which stands for any text. */
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly CorsMethod[]
  /** Compared without regard to case; one `*` at most. */
  readonly allowedHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds: number | undefined
}

export interface CorsConfiguration {
  /** The first that matches decides. */
  readonly rules: readonly CorsRule[]
  /** Whether every answer tells caches that it depends on the origin. */
  readonly responseVary: boolean
}

/** What a page wants to do; of a preflight also the headers that it is going to send. */
export interface CorsQuestion {
  readonly origin: string
  readonly method: string
  readonly headers: readonly string[]
}

/** The first rule that lets a page do this. */
export function findCorsRule(
  { rules }: CorsConfiguration,
  { origin, method, headers }: CorsQuestion,
): CorsRule | undefined {
  return rules.find((rule) => {
    if (!rule.allowedMethods.some((allowed) => allowed === method)) return false
    if (!rule.allowedOrigins.some((pattern) => matches(pattern, origin))) return false
    return headers.every((header) => allowsHeader(rule, header.toLowerCase()))
  })
}

function allowsHeader({ allowedHeaders }: CorsRule, header: string): boolean {
  return allowedHeaders.some((pattern) => matches(pattern.toLowerCase(), header))
}

/** One `*` stands for any text, an empty one too. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  const end = pattern.slice(star + 1)
  const isLongEnough = text.length >= pattern.length - 1
  return isLongEnough && text.startsWith(pattern.slice(0, star)) && text.endsWith(end)
}
