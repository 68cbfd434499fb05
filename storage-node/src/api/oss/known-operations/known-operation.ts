/**
 * How an operation is recognised.
 *
 * @module
 */

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS'

/** What a request addresses: nothing, a bucket, or an object in it. */
export type ResourceLevel = 'service' | 'bucket' | 'object'

export interface KnownOperation {
  readonly methods: readonly Method[]
  /** Query parameters that select it, all of them; `name=value` where the value counts. */
  readonly select?: readonly string[]
  /** Query parameters that select it as well, for clients that send them by mistake. */
  readonly orSelect?: readonly string[]
  /** Header that tells it from another operation with the same method and parameters. */
  readonly header?: string
  /** Query parameters it understands besides. */
  readonly parameters?: readonly string[]
  /** Parameters that nobody knows mean nothing to it; at least, unless they may be sub-resources. */
  readonly ignores?: 'others' | 'others with a value'
}
