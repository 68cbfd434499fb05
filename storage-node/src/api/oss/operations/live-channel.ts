/**
 * ListLiveChannel (oss.md 1.11): no channel can be made yet, so every bucket has none.
 *
 * It is served before the rest of its family because clients empty a bucket by asking for its channels too.
 *
 * @module
 */

import { LIST_KEYS_DEFAULT, LIST_KEYS_MAX } from '../../../model/limits.ts'
import { writeListLiveChannels } from '../../../wire/oss/documents/list-live-channels.ts'
import type { BucketOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'
import { integerArgument, textArgument } from '../query-arguments.ts'

export const listLiveChannel: BucketOperation = {
  name: 'ListLiveChannel',
  resource: 'bucket',
  permission: 'oss:ListLiveChannel',
  metering: 'put',
  access: 'manage',
  async handle({ http: { query } }) {
    const asked = {
      prefix: textArgument(query, 'prefix'),
      marker: textArgument(query, 'marker'),
      maxKeys: integerArgument(query, 'max-keys', {
        fallback: LIST_KEYS_DEFAULT,
        min: 1,
        max: LIST_KEYS_MAX,
      }),
    }
    return xmlResponse(writeListLiveChannels(asked))
  },
}
