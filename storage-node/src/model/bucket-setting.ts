/**
 * One setting of a bucket, as a command carries it.
 *
 * @module
 */

import { unreachable } from '../base/assert.ts'
import type { BucketRecord, BucketSettings } from './bucket.ts'

/** The value that the bucket is to have. */
type SettingValue<K extends keyof BucketSettings> = {
  readonly kind: K
  readonly value: BucketSettings[K]
}

export type BucketSetting =
  | { readonly kind: 'versioning'; readonly value: 'Enabled' | 'Suspended' }
  | SettingValue<'tags'>
  /** The tags that there are at that moment, without those of these keys. */
  | { readonly kind: 'removedTags'; readonly keys: readonly string[] }
  | SettingValue<'cors'>
  | SettingValue<'policy'>
  | SettingValue<'publicAccessBlock'>
  | SettingValue<'requestPayer'>
  | SettingValue<'archiveDirectRead'>

/** The bucket with this setting; every other is the very value it was. */
export function withSetting(bucket: BucketRecord, setting: BucketSetting): BucketRecord {
  switch (setting.kind) {
    case 'versioning':
      return { ...bucket, versioning: setting.value }
    case 'tags':
      return { ...bucket, tags: setting.value }
    case 'removedTags': {
      const removed = new Set(setting.keys)
      return { ...bucket, tags: bucket.tags.filter(([key]) => !removed.has(key)) }
    }
    case 'cors':
      return { ...bucket, cors: setting.value }
    case 'policy':
      return { ...bucket, policy: setting.value }
    case 'publicAccessBlock':
      return { ...bucket, publicAccessBlock: setting.value }
    case 'requestPayer':
      return { ...bucket, requestPayer: setting.value }
    case 'archiveDirectRead':
      return { ...bucket, archiveDirectRead: setting.value }
    default:
      return unreachable(setting)
  }
}
