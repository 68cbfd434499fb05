/**
 * Versions of objects and delete markers, called by npm `ali-oss`.
 *
 * @module
 */

import type { Case } from './cases.ts'
import { mustEqual } from './cases.ts'

interface Answer {
  readonly res: { readonly headers: Readonly<Record<string, string>>; readonly status: number }
}

interface ListedVersion {
  readonly name: string
  readonly versionId: string
}

/** What of the client these cases call. */
export interface VersionClient {
  useBucket(bucket: string): void
  putBucket(bucket: string): Promise<unknown>
  deleteBucket(bucket: string): Promise<unknown>
  putBucketVersioning(bucket: string, status: 'Enabled' | 'Suspended'): Promise<unknown>
  put(key: string, body: Buffer): Promise<Answer>
  get(key: string, options?: { versionId?: string }): Promise<Answer & { content: Buffer }>
  head(key: string, options?: { versionId?: string }): Promise<Answer>
  copy(key: string, from: string, options: { versionId: string }): Promise<Answer>
  delete(key: string, options?: { versionId?: string }): Promise<Answer>
  deleteMulti(names: readonly { key: string; versionId: string }[]): Promise<{ deleted: unknown[] }>
  getBucketVersions(query?: object): Promise<{
    objects?: (ListedVersion & { isLatest: boolean })[]
    deleteMarker?: ListedVersion[]
    nextKeyMarker?: string | null
    nextVersionIdMarker?: string | null
    isTruncated?: boolean
  }>
}

const versionOf = ({ res }: Answer) => res.headers['x-oss-version-id'] ?? ''

/** Code and status of a refusal; of a success nothing. */
async function refusalOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: { code?: string; status?: number }) => `${error.status} ${error.code}`,
  )
}

/** Returns the cases, in a bucket of their own. */
export function versionCases(oss: VersionClient, bucket: string): Case[] {
  return [
    {
      name: 'versions are kept, read, restored and listed',
      async run() {
        await oss.putBucket(bucket)
        oss.useBucket(bucket)
        await oss.putBucketVersioning(bucket, 'Enabled')
        const first = versionOf(await oss.put('grain', Buffer.from('barley')))
        const second = versionOf(await oss.put('grain', Buffer.from('oats')))
        mustEqual(String((await oss.get('grain')).content), 'oats')
        const older = await oss.get('grain', { versionId: first })
        mustEqual([String(older.content), versionOf(older)], ['barley', first])
        mustEqual(versionOf(await oss.head('grain', { versionId: first })), first)
        const restored = versionOf(await oss.copy('grain', 'grain', { versionId: first }))
        mustEqual(String((await oss.get('grain')).content), 'barley')
        const { objects = [] } = await oss.getBucketVersions({ prefix: 'grain' })
        const listed = objects.map(({ versionId, isLatest }) => [versionId, isLatest])
        mustEqual(listed, [
          [restored, true],
          [second, false],
          [first, false],
        ])
      },
    },
    {
      name: 'a deletion is a marker, and ends with it',
      async run() {
        const deleted = await oss.delete('grain')
        mustEqual(deleted.res.headers['x-oss-delete-marker'], 'true')
        mustEqual(await refusalOf(oss.get('grain')), '404 NoSuchKey')
        const versionId = versionOf(deleted)
        mustEqual(await refusalOf(oss.get('grain', { versionId })), '405 MethodNotAllowed')
        mustEqual(await refusalOf(oss.get('grain', { versionId: 'x' })), '400 InvalidArgument')
        await oss.delete('grain', { versionId })
        mustEqual(String((await oss.get('grain')).content), 'barley')
      },
    },
    {
      name: 'a bucket is emptied version by version, and removed',
      async run() {
        await oss.delete('grain')
        await oss.putBucketVersioning(bucket, 'Suspended')
        await oss.put('grain', Buffer.from('rye'))
        mustEqual(await refusalOf(oss.deleteBucket(bucket)), '409 BucketNotEmpty')
        let count = 0
        for (;;) {
          const page = await oss.getBucketVersions({ 'max-keys': 2 })
          const names = [...(page.objects ?? []), ...(page.deleteMarker ?? [])]
          if (names.length === 0) break
          count += names.length
          await oss.deleteMulti(names.map(({ name, versionId }) => ({ key: name, versionId })))
        }
        mustEqual(count, 5)
        await oss.deleteBucket(bucket)
      },
    },
  ]
}
