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
