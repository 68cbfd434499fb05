/**
 * Names of the records that are settings: by them storage nodes are told what has changed.
 *
 * A bucket's is the bucket's name. No bucket's name has the sign that others begin with.
 *
 * @module
 */

import type { Branded } from '../base/branded.ts'
import type { SystemCommand } from './command.ts'
import type { AccessKeyId, BucketName } from './identifiers.ts'

export type SettingName = Branded<string, 'SettingName'>

const ACCESS_KEY_SIGN = '/'
/** Of the id of an access key, and its sign. */
export const SETTING_NAME_LENGTH_MAX = 129

export type NamedSetting =
  | { readonly kind: 'bucket'; readonly name: BucketName }
  | { readonly kind: 'accessKey'; readonly accessKeyId: AccessKeyId }

export function settingOfBucket(name: BucketName): SettingName {
  return name as string as SettingName
}

export function settingOfAccessKey(accessKeyId: AccessKeyId): SettingName {
  return `${ACCESS_KEY_SIGN}${accessKeyId}` as SettingName
}

/** What a name says. */
export function namedSetting(setting: SettingName): NamedSetting {
  if (!setting.startsWith(ACCESS_KEY_SIGN)) {
    return { kind: 'bucket', name: setting as string as BucketName }
  }
  const accessKeyId = setting.slice(ACCESS_KEY_SIGN.length) as AccessKeyId
  return { kind: 'accessKey', accessKeyId }
}

/** The record that a command changes, where storage nodes keep such records; undefined: nobody does. */
export function settingOfCommand(command: SystemCommand): SettingName | undefined {
  if ('accessKeyId' in command) return settingOfAccessKey(command.accessKeyId)
  return 'name' in command ? settingOfBucket(command.name) : undefined
}
