/**
 * The settings of a bucket and what objects carry beside their bytes, called by npm `ali-oss`.
 *
 * @module
 */

import type { Case } from './cases.ts'
import { errorCode } from './npm-clients/smoke-client.ts'

type Tags = Readonly<Record<string, string>>

/** What of the client these cases call. */
export interface SettingClient {
  putBucket(bucket: string): Promise<unknown>
  deleteBucket(bucket: string): Promise<unknown>
  putBucketVersioning(bucket: string, status: 'Enabled' | 'Suspended'): Promise<unknown>
  getBucketVersioning(bucket: string): Promise<{ versionStatus?: string }>
  putBucketTags(bucket: string, tags: Tags): Promise<unknown>
  getBucketTags(bucket: string): Promise<{ tag: Tags }>
  deleteBucketTags(bucket: string): Promise<unknown>
  putBucketRequestPayment(bucket: string, payer: string): Promise<unknown>
  getBucketRequestPayment(bucket: string): Promise<{ payer: string }>
  putBucketCORS(bucket: string, rules: readonly object[]): Promise<unknown>
  getBucketCORS(bucket: string): Promise<{ rules: readonly object[] }>
  deleteBucketCORS(bucket: string): Promise<unknown>
  listBuckets(query: object): Promise<{ buckets?: { name: string }[] | null }>
}

/** Throws unless both are the same as JSON. */
function mustEqual(found: unknown, wanted: unknown): void {
  const [is, must] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (is !== must) throw new Error(`is ${is}, must be ${must}`)
}

/** Returns the cases; they leave the bucket without settings, but for its versioning. */
export function settingCases(oss: SettingClient, bucket: string): Case[] {
  return [
    {
      name: 'a bucket is tagged, found by its tag, and untagged',
      async run() {
        mustEqual((await oss.getBucketTags(bucket)).tag, {})
        await oss.putBucketTags(bucket, { grain: 'barley', 'a b': '' })
        mustEqual((await oss.getBucketTags(bucket)).tag, { grain: 'barley', 'a b': '' })
        const found = await oss.listBuckets({ 'tag-key': 'grain', 'tag-value': 'barley' })
        mustEqual(
          found.buckets?.map(({ name }) => name),
          [bucket],
        )
        await oss.deleteBucketTags(bucket)
        mustEqual((await oss.getBucketTags(bucket)).tag, {})
      },
    },
    {
      name: 'pages of other origins are let in, and not any more',
      async run() {
        const rules = [
          {
            allowedOrigin: ['http://a.com', 'http://*.b.com'],
            allowedMethod: ['GET', 'PUT'],
            allowedHeader: '*',
            exposeHeader: ['ETag', 'x-oss-request-id'],
            maxAgeSeconds: '100',
          },
        ]
        await oss.putBucketCORS(bucket, rules)
        mustEqual((await oss.getBucketCORS(bucket)).rules, rules)
        await oss.deleteBucketCORS(bucket)
        const gone = await oss.getBucketCORS(bucket).catch(errorCode)
        mustEqual(gone, 'NoSuchCORSConfiguration')
      },
    },
    {
      name: 'the requester pays, and the owner again',
      async run() {
        mustEqual((await oss.getBucketRequestPayment(bucket)).payer, 'BucketOwner')
        await oss.putBucketRequestPayment(bucket, 'Requester')
        mustEqual((await oss.getBucketRequestPayment(bucket)).payer, 'Requester')
        await oss.putBucketRequestPayment(bucket, 'BucketOwner')
      },
    },
  ]
}

/** A bucket of its own is switched: there is no way back to unset. */
export function versioningCases(oss: SettingClient, bucket: string): Case[] {
  return [
    {
      name: 'versioning is switched on and suspended',
      async run() {
        await oss.putBucket(bucket)
        mustEqual((await oss.getBucketVersioning(bucket)).versionStatus, undefined)
        for (const status of ['Enabled', 'Suspended'] as const) {
          await oss.putBucketVersioning(bucket, status)
          mustEqual((await oss.getBucketVersioning(bucket)).versionStatus, status)
        }
        await oss.deleteBucket(bucket)
      },
    },
  ]
}
