/**
 * What the load generator is told and what it tells back.
 *
 * @module
 */

import type { Access } from '../support/oss-request.ts'
import type { S3Body } from './s3-request.ts'

/** Names of objects, by number. */
export interface KeyPattern {
  /** Sets the keys of one measurement apart from another's. */
  readonly prefix: string
  /** Numbers repeat after so many. */
  readonly count: number
  /** So many keys share a folder; all lie in one without it. */
  readonly keysPerFolder?: number
  /** Walks through them in an order that neither disk nor cache can guess. */
  readonly shuffled?: boolean
}

/** One kind of request, made over and over. */
export type LoadRequest =
  | {
      readonly kind: 'put'
      readonly bucket: string
      readonly keys: KeyPattern
      readonly sizeBytes: number
      /** In the S3 dialect. */
      readonly s3?: S3Body
    }
  | {
      readonly kind: 'get'
      readonly bucket: string
      readonly keys: KeyPattern
      readonly sizeBytes: number
      /** In the S3 dialect. */
      readonly s3?: S3Body
    }
  /** An object by an upload form, whose policy anybody may have signed before. */
  | {
      readonly kind: 'post'
      readonly bucket: string
      readonly keys: KeyPattern
      readonly sizeBytes: number
    }
  /** The parts of one multipart upload, which is begun before the first and completed after the last. */
  | {
      readonly kind: 'part'
      readonly bucket: string
      readonly key: string
      readonly sizeBytes: number
    }
  /** Of a name where nothing need be: in a bucket that keeps versions it leaves a delete marker. */
  | { readonly kind: 'delete'; readonly bucket: string; readonly keys: KeyPattern }
  /** A page of a bucket; of its parameters only `selector` is signed. */
  | {
      readonly kind: 'list'
      readonly bucket: string
      readonly query: string
      readonly selector?: 'versions'
    }
  /** An unsigned GET of a server that is not ours. */
  | { readonly kind: 'bare' }

/** A run of requests. */
export interface LoadPlan {
  readonly access: Access
  readonly connectionCount: number
  /** Connections besides, each with a body that ends halfway for as long as the run lasts. */
  readonly stalledCount?: number
  /** Requests are numbered from here, so that a later run goes on where this one ends. */
  readonly firstIndex: number
  readonly count: number
  readonly request: LoadRequest
}

/** What a run came to. A run in which anything was refused has no result but an error. */
export interface LoadResult {
  readonly durationMs: number
  /** Bytes of bodies, there and back. */
  readonly bodyBytes: number
  /** One for each request, in no order. */
  readonly latenciesMs: Float64Array
}

/** Larger than any count, and prime: multiples of it visit every number below `count` once. */
const STRIDE = 2_147_483_647n

/** The name of object number `index`. */
export function keyAt(pattern: KeyPattern, index: number): string {
  const number = pattern.shuffled
    ? Number((BigInt(index) * STRIDE) % BigInt(pattern.count))
    : index % pattern.count
  const { prefix, keysPerFolder } = pattern
  if (keysPerFolder === undefined) return prefix + String(number).padStart(9, '0')
  const folder = String(Math.floor(number / keysPerFolder)).padStart(6, '0')
  return `${prefix}${folder}/${String(number % keysPerFolder).padStart(6, '0')}`
}
