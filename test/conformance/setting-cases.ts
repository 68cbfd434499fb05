/**
 * The settings of a bucket and what objects carry beside their bytes, called by npm `ali-oss`.
 *
 * @module
 */

import type { Case } from './cases.ts'

type Tags = Readonly<Record<string, string>>

/** What of the client these cases call. */
export interface SettingClient {
  putBucketVersioning(bucket: string, status: 'Enabled' | 'Suspended'): Promise<unknown>
  getBucketVersioning(bucket: string): Promise<{ versionStatus?: string }>
  putBucketTags(bucket: string, tags: Tags): Promise<unknown>
  getBucketTags(bucket: string): Promise<{ tag: Tags }>
  deleteBucketTags(bucket: string): Promise<unknown>
  putBucketRequestPayment(bucket: string, payer: string): Promise<unknown>
  getBucketRequestPayment(bucket: string): Promise<{ payer: string }>
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

/** Versioning is switched last: there is no way back to unset. */
export function versioningCases(oss: SettingClient, bucket: string): Case[] {
  return [
    {
      name: 'versioning is switched on and suspended',
      async run() {
        mustEqual((await oss.getBucketVersioning(bucket)).versionStatus, undefined)
        for (const status of ['Enabled', 'Suspended'] as const) {
          await oss.putBucketVersioning(bucket, status)
          mustEqual((await oss.getBucketVersioning(bucket)).versionStatus, status)
        }
      },
    },
  ]
}
