/**
 * What conditions of policies may look at in a request.
 *
 * Made only for requests that some policy has a say in; what conditions do not ask for is not worked out.
 *
 * @module
 */

import type { IpAddress } from '../model/access/ip-network.ts'
import { parseIpAddress } from '../model/access/ip-network.ts'
import type { RequestContext } from '../model/access/request-context.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { ObjectRecord } from '../model/object.ts'
import type { Tag } from '../model/tag.ts'
import { parseQuery, queryValue } from '../wire/oss/request-head.ts'
import type { OssRequest } from './http-message.ts'

/** What a request is about. */
export interface PolicyContextParts {
  readonly http: OssRequest
  readonly accessKeyId: string | undefined
  /** Undefined: none that exists. */
  readonly bucket: BucketRecord | undefined
  /** As far as it has been read. */
  readonly record: ObjectRecord | undefined
  /** Listings are asked for with a prefix and a delimiter, empty ones at least. */
  readonly isListing: boolean
}

/** Of one request. */
export class PolicyContext implements RequestContext {
  readonly #parts: PolicyContextParts
  #address: { readonly value: IpAddress | undefined } | undefined

  constructor(parts: PolicyContextParts) {
    this.#parts = parts
  }

  get sourceAddress(): IpAddress | undefined {
    this.#address ??= { value: parseIpAddress(this.sourceIp) }
    return this.#address.value
  }

  get sourceIp(): string {
    return this.#parts.http.remoteAddress
  }

  get userAgent(): string | undefined {
    return this.#parts.http.headers['user-agent']
  }

  get accessKeyId(): string | undefined {
    return this.#parts.accessKeyId
  }

  get nowMs(): number {
    return this.#parts.http.receivedMs
  }

  get isSecure(): boolean {
    return this.#parts.http.secure
  }

  get prefix(): string | undefined {
    return this.#listingParameter('prefix')
  }

  get delimiter(): string | undefined {
    return this.#listingParameter('delimiter')
  }

  get bucketAcl(): string | undefined {
    return this.#parts.http.headers['x-oss-acl']
  }

  get objectAcl(): string | undefined {
    return this.#parts.http.headers['x-oss-object-acl']
  }

  bucketTag(key: string): string | undefined {
    return tagValue(this.#parts.bucket?.tags, key)
  }

  existingObjectTag(key: string): string | undefined {
    return tagValue(this.#parts.record?.tags, key)
  }

  /** Tags that cannot be read are refused by the operation. */
  requestObjectTag(key: string): string | undefined {
    const header = this.#parts.http.headers['x-oss-tagging']
    return header === undefined ? undefined : queryValue(parseQuery(header), key)
  }

  #listingParameter(name: string): string | undefined {
    const { isListing, http } = this.#parts
    return isListing ? (queryValue(http.query, name) ?? '') : undefined
  }
}

function tagValue(tags: readonly Tag[] | undefined, key: string): string | undefined {
  return tags?.find(([name]) => name === key)?.[1]
}
