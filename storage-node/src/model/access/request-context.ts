/**
 * What conditions of policies may look at.
 *
 * @module
 */

import type { IpAddress } from './ip-network.ts'

/** Of one request. Undefined: the request has no such thing. Values are found when they are asked for. */
export interface RequestContext {
  readonly sourceAddress: IpAddress | undefined
  readonly sourceIp: string
  readonly userAgent: string | undefined
  readonly accessKeyId: string | undefined
  readonly nowMs: number
  readonly isSecure: boolean
  /** Of a listing; empty where the request gives none. */
  readonly prefix: string | undefined
  readonly delimiter: string | undefined
  /** Headers `x-oss-acl` and `x-oss-object-acl`. */
  readonly bucketAcl: string | undefined
  readonly objectAcl: string | undefined
  bucketTag(key: string): string | undefined
  /** Of the object that is there. */
  existingObjectTag(key: string): string | undefined
  /** That the request gives an object. */
  requestObjectTag(key: string): string | undefined
}
