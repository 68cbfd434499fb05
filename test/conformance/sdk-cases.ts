/**
 * What ossutil does not call, called by npm `ali-oss` under the service's own name.
 *
 * @module
 */

import { createRequire } from 'node:module'
import type { Access } from '../support/oss-request.ts'
import { accessCases } from './access-cases.ts'
import type { AccessClient } from './access-cases.ts'
import type { Case } from './cases.ts'
import { mustEqual } from './cases.ts'
import { fileSystemCases } from './file-system-cases.ts'
import type { FileSystemClient } from './file-system-cases.ts'
import { formCases } from './form-cases.ts'
import type { FormClient } from './form-cases.ts'
import { restoreCases } from './restore-cases.ts'
import type { RestoreClient } from './restore-cases.ts'
import { attachedCases, settingCases, versioningCases } from './setting-cases.ts'
import type { SettingClient } from './setting-cases.ts'
import { versionCases } from './version-cases.ts'
import type { VersionClient } from './version-cases.ts'

interface DescribingClient {
  useBucket(bucket: string): void
  getBucketLocation(bucket: string): Promise<{ location: string }>
  getBucketACL(bucket: string): Promise<{ acl: string }>
  getBucketStat(bucket: string): Promise<{ stat: Record<string, string> }>
  getObjectMeta(key: string): Promise<{ res: { headers: Record<string, string> } }>
  listV2(query: object): Promise<{ objects?: { name: string; size: number }[] }>
}

type AliOss = DescribingClient &
  SettingClient &
  AccessClient &
  VersionClient &
  FormClient &
  RestoreClient &
  FileSystemClient

/** Returns the cases in the order in which they must run; file systems have `entryCount` entries each. */
export function sdkCases(access: Access, bucket: string, entryCount: number): Case[] {
  const OssClient = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss
  const oss = new OssClient({ ...access, region: `oss-${access.region}`, authorizationV4: true })
  return [
    {
      name: 'a bucket is described',
      async run() {
        await oss.putBucket(bucket)
        oss.useBucket(bucket)
        mustEqual((await oss.getBucketLocation(bucket)).location, `oss-${access.region}`)
        mustEqual((await oss.getBucketACL(bucket)).acl, 'private')
      },
    },
    {
      name: 'an object is counted, listed and described',
      async run() {
        await oss.put('grain', Buffer.from('barley'))
        const { stat } = await oss.getBucketStat(bucket)
        mustEqual(`${stat['ObjectCount']} ${stat['Storage']}`, '1 6')
        mustEqual((await oss.listV2({})).objects?.[0]?.size, 6)
        mustEqual((await oss.getObjectMeta('grain')).res.headers['content-length'], '6')
      },
    },
    ...settingCases(oss, bucket),
    ...accessCases(oss, bucket),
    ...attachedCases(oss),
    ...restoreCases(oss, bucket),
    ...formCases(oss, access, bucket),
    ...versioningCases(oss, `${bucket}-versions`),
    {
      name: 'the bucket is removed',
      async run() {
        await oss.delete('grain')
        await oss.deleteBucket(bucket)
      },
    },
    ...versionCases(oss, `${bucket}-versions`),
    ...fileSystemCases(oss, `${bucket}-files`, entryCount),
  ]
}
