/**
 * The settings of a bucket and what objects carry beside their bytes, called by npm `ali-oss`.
 *
 * @module
 */

import type { Case } from './cases.ts'
import { mustEqual } from './cases.ts'
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
  put(key: string, body: Buffer, options?: object): Promise<unknown>
  get(key: string): Promise<{ content: Buffer; res: { headers: Tags } }>
  delete(key: string): Promise<unknown>
  append(key: string, body: Buffer, options: object): Promise<unknown>
  _objectRequestParams(method: string, key: string, options: object): object
  request(params: object): Promise<unknown>
  putObjectTagging(key: string, tags: Tags): Promise<unknown>
  getObjectTagging(key: string): Promise<{ tag: Tags }>
  deleteObjectTagging(key: string): Promise<unknown>
  putSymlink(key: string, target: string, options?: object): Promise<unknown>
  getSymlink(key: string): Promise<{ targetName: string }>
  putBucketCORS(bucket: string, rules: readonly object[]): Promise<unknown>
  getBucketCORS(bucket: string): Promise<{ rules: readonly object[] }>
  deleteBucketCORS(bucket: string): Promise<unknown>
  listBuckets(query: object): Promise<{ buckets?: { name: string }[] | null }>
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

/** What objects carry: tags, links, a seal. They leave no object behind. */
export function attachedCases(oss: SettingClient): Case[] {
  return [
    {
      name: 'an object is tagged as it is put, again, and untagged',
      async run() {
        await oss.put('tagged', Buffer.from('x'), { headers: { 'x-oss-tagging': 'a=1&b=%2B' } })
        mustEqual((await oss.getObjectTagging('tagged')).tag, { a: '1', b: '+' })
        await oss.putObjectTagging('tagged', { grain: 'barley' })
        mustEqual((await oss.getObjectTagging('tagged')).tag, { grain: 'barley' })
        mustEqual((await oss.get('tagged')).res.headers['x-oss-tagging-count'], '1')
        await oss.deleteObjectTagging('tagged')
        mustEqual((await oss.getObjectTagging('tagged')).tag, {})
        await oss.delete('tagged')
      },
    },
    {
      name: 'a symlink leads to its target',
      async run() {
        await oss.put('folder/target ü', Buffer.from('barley'))
        await oss.putSymlink('link', 'folder/target ü', { meta: { colour: 'gold' } })
        mustEqual((await oss.getSymlink('link')).targetName, 'folder/target ü')
        mustEqual((await oss.get('link')).content.toString(), 'barley')
        await oss.delete('link')
        await oss.delete('folder/target ü')
      },
    },
    {
      name: 'an appendable object is sealed',
      async run() {
        await oss.append('log', Buffer.from('line'), { position: 0 })
        // The client has no method for it.
        const sealing = oss._objectRequestParams('POST', 'log', {
          subres: { seal: '', position: '4' },
        })
        await oss.request({ ...sealing, successStatuses: [200] })
        const refused = await oss.append('log', Buffer.from('x'), { position: 4 }).catch(errorCode)
        mustEqual(refused, 'ObjectNotAppendable')
        await oss.delete('log')
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
