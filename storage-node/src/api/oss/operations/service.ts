/**
 * ListBuckets (oss.md 1.1).
 *
 * @module
 */

import { LIST_BUCKETS_DEFAULT, LIST_BUCKETS_MAX } from '../../../model/limits.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import { writeListBuckets } from '../../../wire/oss/documents/list-buckets.ts'
import type { ServiceOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'
import { integerArgument, textArgument } from '../query-arguments.ts'

export const listBuckets: ServiceOperation = {
  name: 'ListBuckets',
  resource: 'service',
  permission: 'oss:ListBuckets',
  metering: 'put',
  async handle({ http: { query }, account }, { buckets, region }) {
    const options = {
      prefix: textArgument(query, 'prefix'),
      marker: textArgument(query, 'marker'),
      maxKeys: integerArgument(query, 'max-keys', {
        fallback: LIST_BUCKETS_DEFAULT,
        min: 1,
        max: LIST_BUCKETS_MAX,
      }),
    }
    const page = await buckets.list(account, options)
    // Prefix, marker and the like are shown only when paging is in play (oss.md 1.1).
    const isPaged =
      page.isTruncated ||
      ['prefix', 'marker', 'max-keys'].some((name) => queryValue(query, name) !== undefined)
    return xmlResponse(
      writeListBuckets({ owner: account, region, page, paging: isPaged ? options : undefined }),
    )
  },
}
