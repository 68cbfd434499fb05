/**
 * Codecs of a bucket's settings, in its record and one by one.
 *
 * @module
 */

import type { BucketSettings } from '../../model/bucket.ts'
import type { BucketSetting } from '../../model/bucket-setting.ts'
import { CORS_METHODS } from '../../model/cors.ts'
import type { CorsConfiguration, CorsRule } from '../../model/cors.ts'
import type { Tag } from '../../model/tag.ts'
import type { Codec, Fields } from './codec.ts'
import {
  bool,
  enumOf,
  list,
  optional,
  struct,
  taggedUnion,
  text,
  variant,
  varint,
} from './codec.ts'

/** More than any document that a client may send for a setting. */
const SETTING_BYTES_MAX = 64 * 1024
const SETTING_COUNT_MAX = 4096

const settingText = text(SETTING_BYTES_MAX)
const texts = list(settingText, SETTING_COUNT_MAX)

export const tag: Codec<Tag> = {
  bytesMin: 2,
  write(writer, [key, value]) {
    settingText.write(writer, key)
    settingText.write(writer, value)
  },
  read: (reader) => [settingText.read(reader), settingText.read(reader)],
}

const tags = list(tag, SETTING_COUNT_MAX)

const corsConfiguration = struct<CorsConfiguration>({
  rules: list(
    struct<CorsRule>({
      allowedOrigins: texts,
      allowedMethods: list(enumOf(CORS_METHODS), CORS_METHODS.length),
      allowedHeaders: texts,
      exposeHeaders: texts,
      maxAgeSeconds: optional(varint()),
    }),
    SETTING_COUNT_MAX,
  ),
  responseVary: bool(),
})

/** The part of a bucket's record that its settings are. */
export const bucketSettingFields: Fields<BucketSettings> = {
  versioning: enumOf(['unset', 'Enabled', 'Suspended']),
  tags,
  cors: optional(corsConfiguration),
  policy: optional(settingText),
  publicAccessBlock: bool(),
  requestPayer: enumOf(['BucketOwner', 'Requester']),
  ownerPublicAccessBlock: bool(),
  archiveDirectRead: bool(),
}

/** Numbers are never used again. */
export const bucketSetting: Codec<BucketSetting> = taggedUnion('kind', {
  versioning: variant(1, { value: enumOf(['Enabled', 'Suspended']) }),
  tags: variant(2, { value: tags }),
  removedTags: variant(3, { keys: texts }),
  cors: variant(4, { value: bucketSettingFields.cors }),
  policy: variant(5, { value: bucketSettingFields.policy }),
  publicAccessBlock: variant(6, { value: bucketSettingFields.publicAccessBlock }),
  requestPayer: variant(7, { value: bucketSettingFields.requestPayer }),
  archiveDirectRead: variant(8, { value: bucketSettingFields.archiveDirectRead }),
})
