/**
 * Requests and services for tests of single operations: no socket, no store.
 *
 * @module
 */

import { accountIdentity } from '../../model/access/identity.ts'
import { unsetSettings } from '../../model/bucket.ts'
import type { BucketRecord } from '../../model/bucket.ts'
import type {
  AccountUid,
  BucketId,
  BucketName,
  ObjectKey,
  VersionSeq,
} from '../../model/identifiers.ts'
import type { ObjectRecord } from '../../model/object.ts'
import { plainVersion } from '../../model/object.ts'
import { parseQuery } from '../../wire/oss/request-head.ts'
import type { OssRequest, OssResponse } from '../http-message.ts'
import type { ObjectRequest, Services } from '../operation.ts'

export const owner = '1000000000000001' as AccountUid

/** What a request says, as far as a test cares. */
export interface RequestFixture {
  readonly method?: string
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

export const bucket: BucketRecord = {
  name: 'grain' as BucketName,
  bucketId: '0011223344556677' as BucketId,
  owner,
  acl: 'private',
  storageClass: 'Standard',
  dataRedundancy: 'LRS',
  createdMs: Date.UTC(2026, 0, 1),
  deletion: undefined,
  ...unsetSettings,
}

export const key = 'barley' as ObjectKey

/** An object of five bytes. */
export const record: ObjectRecord = {
  contentType: 'text/plain',
  headers: [['cache-control', 'no-cache']],
  userMetadata: [['colour', 'gold']],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
  type: 'Normal',
  versionSeq: 1n as VersionSeq,
  ...plainVersion,
  sizeBytes: 5,
  etag: '5D41402ABC4B2A76B9719D911017C592',
  crc64: 11177612005948864433n,
  lastModifiedMs: Date.UTC(2026, 0, 2),
  data: { kind: 'inline' },
}

/** A request of the owner about the object, for operations of every level. */
export function requestOf(fixture: RequestFixture = {}): ObjectRequest & {
  readonly account: AccountUid
  readonly bucketName: BucketName
} {
  const { method = 'GET', query = '', headers = {}, body } = fixture
  const bytes = Buffer.from(body ?? '')
  const http: OssRequest = {
    dialect: 'oss',
    requestId: '0'.repeat(24),
    receivedMs: Date.UTC(2026, 0, 3),
    method,
    rawPath: '/grain/barley',
    rawQuery: query,
    query: parseQuery(query),
    headers,
    host: 'localhost',
    remoteAddress: '127.0.0.1',
    secure: false,
    body: {
      framing: body === undefined ? 'none' : 'length',
      lengthBytes: bytes.byteLength,
      async read(take) {
        if (bytes.byteLength > 0) await take(bytes)
      },
    },
    signal: new AbortController().signal,
    answerHeaders: [],
    pacer: undefined,
    limitTraffic() {},
    facts: {
      operation: '',
      bucket: undefined,
      key: undefined,
      accessKeyId: undefined,
      account: undefined,
      errorCode: undefined,
      objectSizeBytes: undefined,
    },
  }
  const caller = { account: owner, identity: accountIdentity(owner), accessKeyId: 'owner' }
  const right = { action: 'oss:GetObject', access: 'read', region: 'cn-hangzhou' } as const
  return { http, caller, account: owner, bucketName: bucket.name, bucket, key, right }
}

/** Services of which a test gives the methods that it expects to be called. */
export function servicesOf(parts: {
  readonly [Name in keyof Services]?: Partial<Services[Name]>
}): Services {
  const region = {
    region: 'cn-hangzhou',
    extranetEndpoint: 'oss-cn-hangzhou.localhost:9000',
    intranetEndpoint: 'oss-cn-hangzhou-internal.localhost:9000',
  }
  return { region, ...parts } as unknown as Services
}

/** Value of a header of an answer. */
export function headerOf({ headers }: OssResponse, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1]
  return undefined
}
